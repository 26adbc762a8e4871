#pragma once

#include "actors/idempotency.hpp"
#include "actors/mailbox.hpp"
#include "base/clock.hpp"
#include "base/result.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/intrusive_ptr.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace intermute::actors {

/// Every operation a client can ask for.
enum class op_kind : std::uint8_t {
  register_agent,
  list_agents,
  get_agent,
  heartbeat,
  send_message,
  mark_message,
  read_inbox,
  count_inbox,
  subscribe,
  patch_metadata,
  get_policy,
  set_policy,
  list_contacts,
  set_contact,
  retire_agent,
  list_projects,
  broadcast,
  list_stale_acks,
  list_threads,
  read_thread,
  read_topic,
  get_message,
  reserve,
  list_reservations,
  check_reservation,
  release_reservation,
};
inline constexpr std::size_t op_kind_count
  = static_cast<std::size_t>(op_kind::release_reservation) + 1;

/// The operation's name in metrics and logs, e.g. `send_message`.
[[nodiscard]] std::string_view to_string(op_kind kind) noexcept;

class op;
using op_ptr = caf::intrusive_ptr<op>;

/// Where answers go: one per io shard. Declared here, implemented by whoever makes ops.
/// Safe from any thread.
class reply_sink {
public:
  virtual ~reply_sink() = default;

  /// Runs `answered()` of each op on the sink's own thread, in order.
  virtual void deliver(std::vector<op_ptr> answered) = 0;
};

/// One request on its way through the actors, with the slot its answer goes to.
///
/// It is answered exactly once: by whoever decides it, or, when the last reference to it dies
/// unanswered (a crashed actor, a dropped message), by itself. So nothing can hang. It holds its
/// place in the mailbox of its owner from admission to answer.
class op {
public:
  op(op_kind kind, reply_sink& sink, base::steady_time deadline, source_id source,
     urgency admission) noexcept
    : sink_(sink), deadline_(deadline), source_(source), kind_(kind), admission_(admission) {}
  virtual ~op() = default;

  op(const op&) = delete;
  op& operator=(const op&) = delete;

  [[nodiscard]] op_kind kind() const noexcept { return kind_; }
  [[nodiscard]] source_id source() const noexcept { return source_; }
  [[nodiscard]] urgency admission() const noexcept { return admission_; }
  [[nodiscard]] reply_sink& sink() const noexcept { return sink_; }
  [[nodiscard]] base::steady_time deadline() const noexcept { return deadline_; }
  [[nodiscard]] bool expired(base::steady_time now) const noexcept { return now >= deadline_; }

  /// Keeps a place until the answer.
  void hold(place taken) noexcept { held_ = std::move(taken); }
  [[nodiscard]] bool holds_place() const noexcept { return static_cast<bool>(held_); }

  /// The request has an Idempotency-Key: its reply is to be kept. Before it is submitted.
  void claim(idempotency what) { claim_ = std::make_unique<idempotency>(std::move(what)); }
  [[nodiscard]] const idempotency* claimed() const noexcept { return claim_.get(); }

  /// Keeps others of the same key out until the answer.
  void hold(in_flight::ticket taken) noexcept { ticket_ = std::move(taken); }

  /// Answers with the reply that was kept for the first request of this key, and hands the op out.
  void replay(std::string kept) {
    if (!begin_answer())
      return;
    kept_ = std::make_unique<std::string>(std::move(kept));
    hand_out();
  }
  /// What `replay` was given; null when the op was answered otherwise.
  [[nodiscard]] const std::string* replayed() const noexcept { return kept_.get(); }

  /// From here on the request may be on its way to the disk: dying unanswered means "unknown".
  void note_logged() noexcept { logged_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool is_logged() const noexcept { return logged_.load(std::memory_order_relaxed); }

  /// Answers with a failure and hands the op out. Ignored when already answered.
  void fail(base::error why) {
    if (settle_failure(std::move(why)))
      hand_out();
  }

  /// As `fail`, but leaves the hand-out to the caller (who batches).
  /// @returns False when already answered.
  [[nodiscard]] bool settle_failure(base::error why) {
    if (!begin_answer())
      return false;
    store_failure(std::move(why));
    return true;
  }

  /// Called on the sink's thread, once, after the answer is in.
  virtual void answered() = 0;

protected:
  /// True for the first caller only; gives the place back.
  [[nodiscard]] bool begin_answer() noexcept {
    if (answered_.exchange(true, std::memory_order_acq_rel))
      return false;
    held_.release();
    ticket_.release();
    return true;
  }
  void hand_out() { sink_.deliver({op_ptr{this}}); }
  virtual void store_failure(base::error why) = 0;

private:
  friend void intrusive_ptr_add_ref(op* one) noexcept {
    one->references_.fetch_add(1, std::memory_order_relaxed);
  }
  friend void intrusive_ptr_release(op* one);

  std::atomic<std::uint32_t> references_{0};
  std::atomic<bool> answered_{false};
  std::atomic<bool> logged_{false};
  reply_sink& sink_;
  base::steady_time deadline_;
  source_id source_;
  place held_;
  in_flight::ticket ticket_;
  std::unique_ptr<idempotency> claim_;
  std::unique_ptr<std::string> kept_;
  op_kind kind_;
  urgency admission_;
};

/// An op for one type of request. `Request` names its kind and its reply type.
template <class Request>
class op_of : public op {
public:
  using reply = typename Request::reply;

  op_of(Request what, reply_sink& sink, base::steady_time deadline, source_id source) noexcept
    : op(Request::kind, sink, deadline, source, Request::admission), request(std::move(what)) {}

  Request request;

  /// Answers and hands the op out. Ignored when already answered.
  void answer(reply value) {
    if (settle(std::move(value)))
      hand_out();
  }

  /// As `answer`, but leaves the hand-out to the caller.
  [[nodiscard]] bool settle(reply value) {
    if (!begin_answer())
      return false;
    answer_.emplace(std::move(value));
    return true;
  }

  /// The form in which `value` is kept for repeats of a request with an Idempotency-Key; made
  /// inside the transaction, on the writer's thread. Whoever claims, overrides it.
  [[nodiscard]] virtual std::string kept_form(const reply& value) const {
    (void)value;
    return {};
  }

  /// The answer; there once `answered()` was called, unless it was `replayed()`.
  [[nodiscard]] base::result<reply>& outcome() { return *answer_; }

protected:
  void store_failure(base::error why) override { answer_.emplace(std::move(why)); }

private:
  std::optional<base::result<reply>> answer_;
};

/// Calls the handler whose parameter is the type of `what`.
/// An op that no handler takes is a defect of the caller and is answered `internal`.
template <class... Handlers>
void match(op& what, Handlers&&... handlers);

namespace detail {

template <class T>
struct parameter_of : parameter_of<decltype(&T::operator())> {};
template <class C, class R, class A>
struct parameter_of<R (C::*)(A&) const> {
  using type = A;
};

template <class Handler>
bool try_handler(op& what, Handler& handler) {
  using op_type = typename parameter_of<Handler>::type;
  if (what.kind() != decltype(op_type::request)::kind)
    return false;
  handler(static_cast<op_type&>(what));
  return true;
}

} // namespace detail

template <class... Handlers>
void match(op& what, Handlers&&... handlers) {
  if (!(detail::try_handler(what, handlers) || ...))
    what.fail({base::errc::internal, "The operation reached an actor that does not serve it.",
               std::string{to_string(what.kind())}});
}

} // namespace intermute::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::op_ptr)
