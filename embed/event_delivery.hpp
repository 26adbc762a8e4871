#pragma once

#include "actors/subscription.hpp"
#include "embed/in_process.hpp"
#include "embed/intermute.hpp"
#include "transport/ws/outbox.hpp"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

namespace intermute::embed {

/// How much one subscription may owe its handler; as for a WebSocket.
struct outbox_limits {
  std::size_t events_max = 1'000;
  std::uint64_t bytes_max = 1'048'576;
};

/// Hands events to the subscribers in this process, on one thread of its own: one event of each
/// that has some, in turn.
///
/// Each subscription has a bounded outbox. When it is full the subscription takes nothing more,
/// hands out what it has, and ends with `too_slow`. Outlives the actors that send to it. Safe from
/// any thread.
class event_delivery final : public actors::frame_sink {
public:
  event_delivery(std::shared_ptr<door> front, outbox_limits limits);
  ~event_delivery() override;

  event_delivery(const event_delivery&) = delete;
  event_delivery& operator=(const event_delivery&) = delete;

  void deliver(std::vector<actors::frame> frames) override;

  /// Makes room for a subscription.
  /// @returns Its socket id; nothing after `close()`.
  [[nodiscard]] std::optional<actors::socket_id> open(subscription_request what);

  /// Ends a subscription without `on_end`. Waits while its handler runs on another thread.
  /// Idempotent.
  void cancel(actors::socket_id socket);

  /// Ends every subscription with `stopped`, and the thread. Waits for a handler that runs; not to
  /// be called in one. Idempotent.
  void close();

private:
  struct entry {
    entry(subscription_request what, const outbox_limits& limits)
      : asked(std::move(what)), waiting(limits.events_max, limits.bytes_max), at(asked.since) {}

    subscription_request asked;
    transport::ws::outbox waiting;
    std::optional<cursor> at; ///< Everything up to here was handed out.
    bool full = false;        ///< Once true it takes nothing more.
    bool listed = false;      ///< It is in `ready_`.
  };
  using entry_ptr = std::shared_ptr<entry>;
  using lock = std::unique_lock<std::mutex>;

  void run();
  void serve(actors::socket_id socket, const entry_ptr& one, lock& held);
  void hand_out(actors::socket_id socket, const entry_ptr& one, lock& held);
  void end(actors::socket_id socket, const entry_ptr& one, end_reason why, lock& held);
  void list(actors::socket_id socket, entry& one);
  template <class Call>
  void call_outside(actors::socket_id socket, lock& held, Call call);

  std::shared_ptr<door> front_;
  outbox_limits limits_;
  std::mutex mutex_; ///< Guards all below but the thread.
  std::condition_variable work_;
  std::condition_variable idle_;
  std::unordered_map<actors::socket_id, entry_ptr> entries_;
  std::deque<actors::socket_id> ready_; ///< Those with something to hand out, each once.
  actors::socket_id next_ = first_local_socket;
  actors::socket_id running_ = 0; ///< Whose handler runs now.
  bool closing_ = false;
  std::thread::id own_; ///< The thread's.
  std::mutex joining_;  ///< Guards the joining of the thread.
  std::thread thread_;
};

} // namespace intermute::embed
