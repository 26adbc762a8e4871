#include "embed/event_delivery.hpp"

#include "embed/read_event.hpp"

#include <utility>

namespace intermute::embed {

event_delivery::event_delivery(std::shared_ptr<door> front, outbox_limits limits)
  : front_(std::move(front)), limits_(limits), thread_([this] { run(); }) {}

event_delivery::~event_delivery() { close(); }

void event_delivery::deliver(std::vector<actors::frame> frames) {
  std::vector<actors::socket_id> filled;
  {
    const std::lock_guard guard{mutex_};
    for (auto& next : frames) {
      const auto found = entries_.find(next.to);
      if (found == entries_.end() || found->second->full)
        continue;
      auto& one = *found->second;
      const auto socket = next.to;
      if (!one.waiting.push(std::move(next))) {
        one.full = true;
        filled.push_back(socket);
      }
      list(socket, one);
    }
  }
  work_.notify_one();
  for (const auto socket : filled)
    front_->unsubscribe(socket);
}

std::optional<actors::socket_id> event_delivery::open(subscription_request what) {
  const std::lock_guard guard{mutex_};
  if (closing_)
    return std::nullopt;
  const auto socket = next_++;
  entries_.emplace(socket, std::make_shared<entry>(std::move(what), limits_));
  return socket;
}

void event_delivery::cancel(actors::socket_id socket) {
  entry_ptr gone; // Its handlers die after the lock is free.
  {
    lock held{mutex_};
    if (const auto found = entries_.find(socket); found != entries_.end()) {
      gone = std::move(found->second);
      entries_.erase(found);
    }
    if (own_ != std::this_thread::get_id())
      idle_.wait(held, [&] { return running_ != socket; });
  }
  front_->unsubscribe(socket);
}

void event_delivery::close() {
  {
    const std::lock_guard guard{mutex_};
    closing_ = true;
  }
  work_.notify_one();
  const std::lock_guard guard{joining_};
  if (thread_.joinable())
    thread_.join();
}

void event_delivery::run() {
  lock held{mutex_};
  own_ = std::this_thread::get_id();
  while (!closing_) { // Ends: with `close()`.
    work_.wait(held, [this] { return closing_ || !ready_.empty(); });
    if (closing_)
      break;
    const auto socket = ready_.front();
    ready_.pop_front();
    if (const auto found = entries_.find(socket); found != entries_.end())
      serve(socket, entry_ptr{found->second}, held);
  }
  while (!entries_.empty()) { // Ends: each round takes one away, and none comes any more.
    const auto [socket, one] = *entries_.begin();
    end(socket, one, end_reason::stopped, held);
  }
}

void event_delivery::serve(actors::socket_id socket, const entry_ptr& one, lock& held) {
  one->listed = false;
  if (one->waiting.empty())
    return end(socket, one, end_reason::too_slow, held);
  hand_out(socket, one, held);
  if (entries_.contains(socket) && (one->full || !one->waiting.empty()))
    list(socket, *one);
}

void event_delivery::hand_out(actors::socket_id socket, const entry_ptr& one, lock& held) {
  const auto next = one->waiting.front();
  one->waiting.pop();
  std::optional<event> what;
  call_outside(socket, held, [&] {
    what = read_event(*next.payload);
    one->asked.on_event(*what);
  });
  one->at = what->at;
  if (!next.ask_more)
    return;
  held.unlock();
  front_->resume(socket);
  held.lock();
}

void event_delivery::end(actors::socket_id socket, const entry_ptr& one, end_reason why,
                         lock& held) {
  entries_.erase(socket);
  auto at = one->at;
  if (!at && !one->waiting.empty())
    at = read_event(*one->waiting.front().payload).at - 1;
  if (one->asked.on_end)
    call_outside(socket, held, [&] { one->asked.on_end(why, at); });
}

void event_delivery::list(actors::socket_id socket, entry& one) {
  if (std::exchange(one.listed, true))
    return;
  ready_.push_back(socket);
}

/// Runs a handler without the lock; `cancel()` waits for it.
template <class Call>
void event_delivery::call_outside(actors::socket_id socket, lock& held, Call call) {
  running_ = socket;
  held.unlock();
  call();
  held.lock();
  running_ = 0;
  idle_.notify_all();
}

} // namespace intermute::embed
