#include "actors/cell.hpp"

#include <caf/abstract_actor.hpp>
#include <caf/mailbox_element.hpp>

#include <utility>

namespace intermute::actors {
namespace {

using base::errc;
using base::error;

/// Owners are numbered over the whole process, so that two servers in it never share one.
std::atomic<storage::owner_id> owners{0};

/// As urgent as notes: CAF keeps one order among messages of one urgency only (it takes six urgent
/// ones, then three others), and a read must come behind the updates that were sent before it.
void send(const caf::strong_actor_ptr& to, op_ptr what) {
  to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high),
                                        {}, std::move(what)),
              nullptr);
}

error quarantined_error(const std::string& name) {
  return {errc::quarantined,
          "The actor of " + name
            + " keeps crashing and is stopped for a while. Others are "
              "served; see the server's log.",
          name};
}

} // namespace

cell::cell(std::string name, mailbox_class_state& limits, factory make, watcher& parent,
           const base::clock& clock)
  : name_(std::move(name)), owner_(++owners), gauge_(std::make_shared<mailbox_gauge>(limits)),
    make_(std::move(make)), parent_(parent), clock_(clock),
    last_used_(clock.steady().time_since_epoch().count()) {}

delivery cell::submit(op_ptr what) {
  auto taken = place::take(gauge_, what->source(), what->admission());
  if (!taken) {
    what->fail(taken.why());
    return delivery::taken;
  }
  last_used_.store(clock_.steady().time_since_epoch().count(), std::memory_order_relaxed);
  std::unique_lock lock{mutex_};
  switch (state_) {
  case state::evicted: return delivery::evicted;
  case state::empty: start(); [[fallthrough]];
  case state::live: {
    // Sent without the lock: a dead actor drops the op, which then answers itself, and that
    // may bring the next request here. The place keeps the actor from passivating meanwhile.
    const auto to = actor_;
    lock.unlock();
    what->hold(std::move(*taken));
    send(to, std::move(what));
    return delivery::taken;
  }
  case state::pausing:
    what->hold(std::move(*taken));
    waiting_.push_back(std::move(what));
    return delivery::taken;
  case state::quarantined:
    lock.unlock();
    what->fail(quarantined_error(name_));
    return delivery::taken;
  case state::closed: break;
  }
  lock.unlock();
  what->fail(
    {errc::shutting_down, "The server is stopping. Repeat the request when it is back.", {}});
  return delivery::taken;
}

bool cell::notify(caf::message note) {
  const auto to = actor();
  if (to == nullptr)
    return false;
  to->enqueue(caf::make_mailbox_element(nullptr, caf::make_message_id(caf::message_priority::high),
                                        {}, std::move(note)),
              nullptr);
  return true;
}

void cell::notify_once(caf::message note) {
  if (!once_.exchange(true) && !notify(std::move(note)))
    once_.store(false);
}

void cell::start() {
  once_.store(false);
  actor_ = make_(shared_from_this());
  state_ = state::live;
  parent_.watch(shared_from_this(), actor_);
  for (auto& one : std::exchange(waiting_, {}))
    send(actor_, std::move(one));
}

void cell::ensure_started() {
  const std::lock_guard guard{mutex_};
  if (state_ == state::empty)
    start();
}

bool cell::passivate() {
  const std::lock_guard guard{mutex_};
  // A sender takes its place before it takes the lock: a depth of 0 means nobody is on the way.
  if (state_ != state::live || gauge_->depth() != 0)
    return false;
  actor_ = nullptr;
  state_ = state::empty;
  return true;
}

bool cell::evict() {
  const std::lock_guard guard{mutex_};
  if (state_ != state::empty || gauge_->depth() != 0)
    return false;
  state_ = state::evicted;
  return true;
}

cell::verdict cell::crashed(const caf::actor_addr& dead, const domain::restart_limits& limits) {
  const std::lock_guard guard{mutex_};
  if (state_ != state::live || dead != actor_)
    return {};
  actor_ = nullptr;
  if (const auto pause = crashes_.crashed(limits, clock_.steady()); pause) {
    state_ = state::pausing;
    return {verdict::action::restart, *pause};
  }
  state_ = state::quarantined;
  return {verdict::action::quarantine, {}};
}

void cell::restart() {
  const std::lock_guard guard{mutex_};
  if (state_ == state::pausing || state_ == state::quarantined)
    start();
}

caf::strong_actor_ptr cell::close() {
  std::deque<op_ptr> dropped; // Answers itself after the lock is gone.
  const std::lock_guard guard{mutex_};
  state_ = state::closed;
  dropped.swap(waiting_);
  return std::exchange(actor_, nullptr);
}

bool cell::live() const {
  const std::lock_guard guard{mutex_};
  return state_ == state::live;
}

caf::strong_actor_ptr cell::actor() const {
  const std::lock_guard guard{mutex_};
  return actor_;
}

} // namespace intermute::actors
