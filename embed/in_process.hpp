#pragma once

#include "actors/front.hpp"
#include "embed/intermute.hpp"

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string_view>
#include <utility>
#include <vector>

namespace intermute::embed {

/// The failure as a host sees it: with what the wire says when the error itself says nothing.
[[nodiscard]] failure failure_of(const base::error& why);

/// The door to the actors of one server; closed before they go. Safe from any thread, never waits
/// but for those who are just passing.
class door {
public:
  explicit door(actors::front& to) : to_(&to) {}

  /// Sends `what`, or answers it `shutting_down`.
  void submit(actors::op_ptr what);
  void resume(actors::socket_id socket);
  void unsubscribe(actors::socket_id socket);
  [[nodiscard]] std::string degraded() const;
  [[nodiscard]] bool is_open() const;

  /// Lets nobody through any more. Idempotent.
  void close();

private:
  mutable std::shared_mutex mutex_;
  actors::front* to_; ///< Null once closed.
};

/// Where ops of this process are answered: at once, on the thread that decides them. So what an
/// answer runs is short, and none of it is the host's. Outlives its ops.
class local_replies final : public actors::reply_sink {
public:
  void deliver(std::vector<actors::op_ptr> answered) override;

  void count_asked();
  /// Waits until every op that was asked is answered.
  /// @returns False if some are not at `until`.
  bool wait_for_none(base::steady_time until);

private:
  std::mutex mutex_;
  std::condition_variable none_;
  std::size_t under_way_ = 0;
};

/// The op of one call in this process.
template <class Request>
class local_op final : public actors::op_of<Request> {
public:
  using reply = typename Request::reply;
  using taker = std::function<void(base::result<reply>&)>;

  local_op(Request what, local_replies& sink, base::steady_time deadline, actors::source_id source,
           taker take)
    : actors::op_of<Request>(std::move(what), sink, deadline, source), take_(std::move(take)) {}

  void answered() override { take_(this->outcome()); }

private:
  taker take_;
};

/// Asks the actors of one server. Safe from any thread; never waits.
class asker {
public:
  asker(std::shared_ptr<door> to, std::chrono::milliseconds timeout)
    : door_(std::move(to)), timeout_(timeout) {}

  /// Sends `what`; the answer is what `convert` makes of the reply.
  /// @param agent    Who asks, for its share of the mailboxes; may be empty.
  /// @param convert  Gives an `outcome<Answer>` for a `Request::reply&`.
  template <class Answer, class Request, class Convert>
  [[nodiscard]] std::future<outcome<Answer>> ask(Request what, std::string_view agent,
                                                 Convert convert) {
    auto promised = std::make_shared<std::promise<outcome<Answer>>>();
    auto answer = promised->get_future();
    const auto source = source_of(agent); // Before `what` is moved away from under it.
    auto take = [promised, convert](base::result<typename Request::reply>& got) {
      promised->set_value(got ? convert(*got) : outcome<Answer>{failure_of(got.why())});
    };
    replies_.count_asked();
    door_->submit(actors::op_ptr{new local_op<Request>{
      std::move(what), replies_, base::system_clock().steady() + timeout_, source, take}});
    return answer;
  }

  /// A future that is ready with `why`.
  template <class Answer>
  [[nodiscard]] static std::future<outcome<Answer>> refuse(const base::error& why) {
    std::promise<outcome<Answer>> promised;
    promised.set_value(failure_of(why));
    return promised.get_future();
  }
  template <class Answer>
  [[nodiscard]] static std::future<outcome<Answer>> refuse(base::errc code, std::string detail) {
    return refuse<Answer>({code, std::move(detail), {}});
  }

  [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }

  /// Waits until what was asked is answered, or until `until`.
  bool wait_for_none(base::steady_time until) { return replies_.wait_for_none(until); }

private:
  [[nodiscard]] static actors::source_id source_of(std::string_view agent) noexcept;

  std::shared_ptr<door> door_;
  std::chrono::milliseconds timeout_;
  local_replies replies_;
};

/// Above the ids of every socket of transport: these hold a shard, of which there are 64 at most,
/// in their highest 8 bits.
inline constexpr actors::socket_id first_local_socket = actors::socket_id{0xFF} << 56U;

} // namespace intermute::embed
