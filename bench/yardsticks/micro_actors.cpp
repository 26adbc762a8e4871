#include "base/bounded_ring.hpp"
#include "bench/yardsticks/echo_actor.hpp"
#include "bench/yardsticks/micro_case.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <memory>
#include <thread>
#include <utility>

namespace intermute::bench::yardsticks {

namespace {

// ---- An actor's mailbox -----------------------------------------------------------------------

/// What an op through the mailbox of an actor costs on one io thread, from its making to its
/// answer: admission, the CAF message, the actor's turn, the hand-out. 64 are under way at once, as
/// those of 64 clients are.
class mailbox_case final : public micro_case {
public:
  mailbox_case() {
    io_.start();
    home_.emplace(io_);
  }
  ~mailbox_case() override {
    home_->stop();
    io_.stop();
  }

  double measure(std::chrono::nanoseconds time) override {
    wanted_ = time;
    answered_ = 0;
    spent_ = 0;
    boost::asio::post(io_.context(0), [this] {
      began_ = micro_clock::now();
      ask_all();
    });
    spent_.wait(0); // Ends: all that is asked is answered.
    return static_cast<double>(spent_) / static_cast<double>(answered_);
  }

private:
  static constexpr std::uint64_t at_once = 64;

  class counted final : public actors::op_of<echo> {
  public:
    counted(mailbox_case& of, actors::source_id source)
      : op_of{{}, of.sink_, base::steady_time::max(), source}, of_{of} {}
    void answered() override { of_.count(); }

  private:
    mailbox_case& of_;
  };

  void ask_all() {
    for (std::uint64_t i = 1; i <= at_once; ++i)
      home_->submit(actors::op_ptr{new counted{*this, i}});
  }

  void count() {
    if (++answered_ % at_once != 0)
      return;
    const std::chrono::nanoseconds spent = micro_clock::now() - began_;
    if (spent < wanted_)
      return boost::asio::post(io_.context(0), [this] { ask_all(); });
    spent_ = spent.count();
    spent_.notify_one();
  }

  actors::io_shards io_{1};
  answer_sink sink_{io_, 0};
  std::optional<echo_home> home_;
  std::atomic<std::int64_t> spent_{0}; ///< In nanoseconds; 0 until all is over.
  // Of the io thread while it works:
  std::chrono::nanoseconds wanted_{};
  micro_clock::time_point began_;
  std::uint64_t answered_ = 0;
};

// ---- The ring ---------------------------------------------------------------------------------

// As large as the writer's, and of the same kind of element: a pointer that is moved.
constexpr std::size_t ring_capacity = 8'192;
using element = std::unique_ptr<std::uint64_t>;

/// A push and its part of a drain of 64, on one thread.
class ring_case final : public micro_case {
public:
  ring_case() {
    for (std::size_t i = 0; i < at_once; ++i)
      outside_.push_back(std::make_unique<std::uint64_t>(i));
  }

  double measure(std::chrono::nanoseconds time) override {
    return ns_each(time, at_once, [this] {
      for (auto& one : outside_)
        look_at(ring_.try_push(one));
      outside_.clear();
      ring_.drain(outside_, at_once);
    });
  }

private:
  static constexpr std::size_t at_once = 64;

  base::bounded_ring<element> ring_{ring_capacity};
  std::vector<element> outside_;
};

/// An element from one thread to another that sleeps while there is none.
class handoff_case final : public micro_case {
public:
  double measure(std::chrono::nanoseconds time) override {
    base::bounded_ring<element> ring{ring_capacity};
    std::thread consumer{[&ring] {
      std::vector<element> taken;
      while (ring.wait_and_drain(taken, drain_max) > 0) // Ends: the ring is closed.
        taken.clear();
    }};
    const auto began = micro_clock::now();
    std::uint64_t pushed = 0;
    do { // Ends: the clock goes on.
      for (std::size_t i = 0; i < between_looks; ++i, ++pushed)
        push(ring);
    } while (micro_clock::now() - began < time);
    ring.close();
    consumer.join();
    const std::chrono::nanoseconds spent = micro_clock::now() - began;
    return static_cast<double>(spent.count()) / static_cast<double>(pushed);
  }

private:
  static constexpr std::size_t drain_max = 512;
  static constexpr std::size_t between_looks = 256;

  static void push(base::bounded_ring<element>& ring) {
    element one;                // It is empty: what is measured is the way, not the making.
    while (!ring.try_push(one)) // Ends: the consumer makes room.
      std::this_thread::yield();
  }
};

template <class Case>
std::unique_ptr<micro_case> make(const std::filesystem::path&) {
  return std::make_unique<Case>();
}

} // namespace

std::vector<micro_row> actor_rows() {
  return {{"mailbox.message", ns_per_op, make<mailbox_case>},
          {"ring.message", ns_per_op, make<ring_case>},
          {"ring.handoff", ns_per_op, make<handoff_case>}};
}

} // namespace intermute::bench::yardsticks
