#pragma once

#include "actors/cell.hpp"
#include "actors/mailbox.hpp"
#include "actors/publication.hpp"
#include "actors/store_gate.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "storage/writer.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace intermute::actors {

class change_log;

/// What the actors want back with a change once it is decided. Runs on the writer's thread.
class write_context : public storage::change_context {
public:
  /// @param owner    Whose decision it is.
  /// @param request  Whom to answer; may be null.
  write_context(cell_ptr owner, op_ptr request)
    : owner_(std::move(owner)), request_(std::move(request)) {}

  /// It is on the disk: tell everybody concerned.
  virtual void committed(storage::change& what, publication& out) = 0;

  /// Nothing of it was stored, or it is unknown whether. Answers the request and tells the owner
  /// that the epoch has ended.
  virtual void rejected(storage::change& what, publication& out);

  /// Adds the reply to be kept when the request has an Idempotency-Key.
  [[nodiscard]] std::optional<storage::row_operation>
  conclude(const storage::change& what) const final;

  [[nodiscard]] const cell_ptr& owner() const noexcept { return owner_; }
  [[nodiscard]] const op_ptr& request() const noexcept { return request_; }

  /// Keeps the place in the writer's ring until the change is decided.
  void hold(place taken) noexcept { held_ = std::move(taken); }
  void release_place() noexcept { held_.release(); }

protected:
  /// The kept form of the reply, once the outcomes are known; empty when it is a refusal.
  [[nodiscard]] virtual std::string kept_reply(const storage::change& what) const {
    (void)what;
    return {};
  }

private:
  friend class change_log;

  cell_ptr owner_;
  op_ptr request_;
  place held_;
  const change_log* log_ = nullptr;
};

/// A change that answers a request.
template <class Request>
class replying : public write_context {
public:
  using reply = typename Request::reply;
  using write_context::write_context;

protected:
  /// What the client is told, once the outcomes are known; nothing when it is a refusal.
  [[nodiscard]] virtual std::optional<reply> reply_to(const storage::change& what) const = 0;

  [[nodiscard]] op_of<Request>& asked() const { return static_cast<op_of<Request>&>(*request()); }

  [[nodiscard]] std::string kept_reply(const storage::change& what) const final {
    const auto told = reply_to(what);
    return told ? asked().kept_form(*told) : std::string{};
  }
};

/// A request that changes nothing but has an Idempotency-Key: its reply is kept, then told.
template <class Request>
class reply_context final : public replying<Request> {
public:
  reply_context(cell_ptr owner, op_ptr request, typename Request::reply told)
    : replying<Request>(std::move(owner), std::move(request)), told_(std::move(told)) {}

  void committed(storage::change&, publication& out) override {
    if (this->asked().settle(std::move(told_)))
      out.reply(this->request());
  }

protected:
  [[nodiscard]] std::optional<typename Request::reply>
  reply_to(const storage::change&) const override {
    return told_;
  }

private:
  typename Request::reply told_;
};

/// What the log keeps replies with. The references outlive it.
struct reply_keeping {
  const base::clock& clock;
  base::entropy& random;
  std::atomic<std::chrono::milliseconds> keep{std::chrono::hours{24}}; ///< Live.
};

/// The actors' way to the writer: admission, then hand-over. Safe from any thread.
class change_log {
public:
  /// All outlive the log.
  change_log(const store_gate& gate, mailbox_class_state& limits, storage::writer& writer,
             const reply_keeping& keeping)
    : gate_(gate), gauge_(std::make_shared<mailbox_gauge>(limits)), writer_(writer),
      keeping_(keeping) {}

  /// A place for one change, or why no write may begin: the breaker's reason, or `mailbox_full`.
  [[nodiscard]] base::result<place> admit(source_id source, urgency kind) const;

  /// Hands a decided change to the writer, in the owner's current epoch.
  /// @param taken  From `admit`; without one (the server's own work) the ring may refuse.
  /// @returns False when refused; nothing happened.
  [[nodiscard]] bool submit(storage::epoch decided_in,
                            std::vector<storage::row_operation> operations,
                            std::unique_ptr<write_context> context, place taken = {}) const;

  /// What a request is refused with when `submit` takes no more.
  [[nodiscard]] static base::error closed() {
    return {base::errc::shutting_down, "The store is closing. Repeat the request later.", {}};
  }

  /// Answers a request that changes nothing: at once, or, when it has an Idempotency-Key, once
  /// the reply is kept.
  template <class Request>
  void answer(op_of<Request>& what, typename Request::reply told, const cell_ptr& owner,
              storage::epoch decided_in) const;

  /// The operation that keeps `reply` for the repeats of a request.
  [[nodiscard]] storage::put_replay kept(const idempotency& of, const std::string& reply) const;

private:
  const store_gate& gate_;
  std::shared_ptr<mailbox_gauge> gauge_;
  storage::writer& writer_;
  const reply_keeping& keeping_;
};

template <class Request>
void change_log::answer(op_of<Request>& what, typename Request::reply told, const cell_ptr& owner,
                        storage::epoch decided_in) const {
  if (what.claimed() == nullptr)
    return what.answer(std::move(told));
  auto taken = admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  auto context = std::make_unique<reply_context<Request>>(owner, op_ptr{&what}, std::move(told));
  if (!submit(decided_in, {}, std::move(context), std::move(*taken)))
    what.fail(closed());
}

/// Asks to be told once everything the owner logged before is decided.
class barrier_context final : public write_context {
public:
  barrier_context(cell_ptr owner, storage::epoch which)
    : write_context(std::move(owner), nullptr), which_(which) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

private:
  storage::epoch which_;
};

} // namespace intermute::actors
