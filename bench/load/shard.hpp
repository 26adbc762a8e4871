#pragma once

#include "bench/load/pacer.hpp"
#include "bench/load/recent_answers.hpp"
#include "bench/load/tally.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace intermute::bench {

class connection;

/// What the connections of one io thread share: the clock's window, the counts, and in open loop
/// the requests that are due.
class shard {
public:
  /// @param share  Of the run's rate that falls on this shard; unused in closed loop.
  /// @param count  Of the run's requests that fall on it; unused when the run goes by time.
  shard(const options& run, double share, std::uint64_t count, std::uint64_t seed);

  /// Sets the window; before the thread starts.
  void open(const window& measured);

  [[nodiscard]] boost::asio::io_context& io() noexcept { return io_; }
  [[nodiscard]] recent_answers& recent() noexcept { return recent_; }
  [[nodiscard]] tally& counted() noexcept { return counted_; }
  [[nodiscard]] const tally& counted() const noexcept { return counted_; }
  [[nodiscard]] bool is_open_loop() const noexcept { return paced_.has_value(); }

  /// Closed loop: takes one request from what this thread may still send; false ends a connection.
  [[nodiscard]] bool take_turn(bench_clock::time_point now);
  /// Open loop: the moment at which the oldest waiting request was due, if one waits.
  [[nodiscard]] std::optional<bench_clock::time_point> take_due();
  /// Open loop: the connection has nothing to do; it is called when a request is due.
  void wait_for_due(connection& idle) { idle_.push_back(&idle); }
  /// Open loop: no request will be due any more.
  [[nodiscard]] bool is_over() const noexcept { return over_; }

  /// The measured time is over; a run by count has none.
  [[nodiscard]] bool has_ended(bench_clock::time_point now) const noexcept {
    return over_ || (!by_count_ && now >= measured_.end);
  }

  void joined() noexcept { ++active_; }
  void left();
  [[nodiscard]] std::size_t active() const noexcept { return active_; }

  /// Starts the pacer; on the shard's thread.
  void start();
  /// Timer for the search for missing answers.
  [[nodiscard]] boost::asio::steady_timer& look() noexcept { return look_; }

private:
  void hand_out();
  void end();

  boost::asio::io_context io_{1};
  boost::asio::steady_timer look_{io_};
  boost::asio::steady_timer next_{io_};
  window measured_;
  bool strict_;
  tally counted_{measured_, strict_};
  recent_answers recent_;
  bool by_count_;
  std::uint64_t left_ = 0;
  std::size_t active_ = 0; ///< Connections that have not finished.
  std::optional<pacer> paced_;
  std::deque<bench_clock::time_point> due_; ///< Due and not sent; bounded by rate times time.
  std::deque<connection*> idle_;
  bool over_ = false;
};

} // namespace intermute::bench
