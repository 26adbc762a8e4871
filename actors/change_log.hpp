#pragma once

#include "actors/cell.hpp"
#include "actors/mailbox.hpp"
#include "actors/publication.hpp"
#include "actors/store_gate.hpp"
#include "storage/writer.hpp"

#include <memory>
#include <vector>

namespace intermute::actors {

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

  [[nodiscard]] const cell_ptr& owner() const noexcept { return owner_; }
  [[nodiscard]] const op_ptr& request() const noexcept { return request_; }

  /// Keeps the place in the writer's ring until the change is decided.
  void hold(place taken) noexcept { held_ = std::move(taken); }
  void release_place() noexcept { held_.release(); }

private:
  cell_ptr owner_;
  op_ptr request_;
  place held_;
};

/// The actors' way to the writer: admission, then hand-over. Safe from any thread.
class change_log {
public:
  /// All outlive the log.
  change_log(const store_gate& gate, mailbox_class_state& limits, storage::writer& writer)
    : gate_(gate), gauge_(std::make_shared<mailbox_gauge>(limits)), writer_(writer) {}

  /// A place for one change, or why no write may begin: the breaker's reason, or `mailbox_full`.
  [[nodiscard]] base::result<place> admit(source_id source, urgency kind) const;

  /// Hands a decided change to the writer, in the owner's current epoch.
  /// @param taken  From `admit`; without one (the server's own work) the ring may refuse.
  /// @returns False when refused; nothing happened.
  [[nodiscard]] bool submit(storage::epoch decided_in,
                            std::vector<storage::row_operation> operations,
                            std::unique_ptr<write_context> context, place taken = {}) const;

private:
  const store_gate& gate_;
  std::shared_ptr<mailbox_gauge> gauge_;
  storage::writer& writer_;
};

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
