#include "actors/project_writes.hpp"

namespace intermute::actors {
namespace {

using base::errc;
using stored_kind = storage::put_message_outcome::kind;

/// Everybody who got an entry at `at` hears of it.
void tell_recipients(const domain::message_ptr& message,
                     const std::vector<domain::recipient>& recipients, cursor at,
                     publication& out) {
  domain::event happened;
  happened.at = at;
  happened.kind = domain::event_kind::message_created;
  happened.project = message->project;
  happened.message_id = message->id;
  happened.created_at = message->created_at;
  for (const auto& one : recipients) {
    happened.recipients.push_back(one.agent);
    out.update_inbox(message->project, one.agent,
                     domain::inbox_entry{at, message, one.kind, std::nullopt, std::nullopt});
  }
  out.add_event(std::move(happened));
}

/// The content was replaced: everybody who holds the message must show the new one.
void tell_holders(const domain::message_ptr& message, publication& out) {
  for (const auto& one : message->recipients)
    out.update_inbox(message->project, one.agent, message);
}

/// Whether the message is on the disk is not known: whom it concerns must look there.
void doubt(const domain::message& message, publication& out) {
  for (const auto& one : message.recipients)
    out.reload_inbox(message.project, one.agent);
  out.add_gap();
}

const storage::put_message_outcome& outcome_of(const storage::change& what) {
  return std::get<storage::put_message_outcome>(what.outcomes.front());
}

bool is_unknown(const storage::change& what) { return what.failure->code == errc::outcome_unknown; }

const domain::message& message_of(const storage::change& what) {
  return *std::get<storage::put_message>(what.operations.front()).message;
}

} // namespace

std::optional<sent> send_context::reply_to(const storage::change& what) const {
  const auto& outcome = outcome_of(what);
  if (outcome.what == stored_kind::taken)
    return std::nullopt;
  auto told = told_;
  told.at = outcome.at;
  told.replayed = outcome.what != stored_kind::stored;
  return told;
}

void send_context::committed(storage::change& what, publication& out) {
  const auto& outcome = outcome_of(what);
  switch (outcome.what) {
  case stored_kind::stored:
    tell_recipients(outcome.message, outcome.message->recipients, outcome.at, out);
    break;
  case stored_kind::changed:
    tell_holders(outcome.message, out);
    if (!outcome.added.empty())
      tell_recipients(outcome.message, outcome.added, outcome.added_at, out);
    break;
  case stored_kind::identical: break;
  case stored_kind::taken:
    if (request()->settle_failure({errc::message_id_taken,
                                   "Another sender stored a message under this id. Choose "
                                   "another id, or none to have one made.",
                                   "id"}))
      out.reply(request());
    return;
  }
  if (asked().settle(*reply_to(what)))
    out.reply(request());
}

void send_context::rejected(storage::change& what, publication& out) {
  if (is_unknown(what))
    doubt(message_of(what), out);
  write_context::rejected(what, out);
}

std::optional<broadcast_done> broadcast_context::reply_to(const storage::change& what) const {
  auto told = told_;
  told.at = outcome_of(what).at;
  return told;
}

void broadcast_context::committed(storage::change& what, publication& out) {
  const auto& outcome = outcome_of(what);
  tell_recipients(outcome.message, outcome.message->recipients, outcome.at, out);
  if (asked().settle(*reply_to(what)))
    out.reply(request());
}

void broadcast_context::rejected(storage::change& what, publication& out) {
  if (is_unknown(what))
    doubt(message_of(what), out);
  write_context::rejected(what, out);
}

std::optional<marked> mark_context::reply_to(const storage::change& what) const {
  return marked{std::get<storage::mark_outcome>(what.outcomes.front()).event_at};
}

void mark_context::committed(storage::change& what, publication& out) {
  const auto& marking = std::get<storage::mark_message>(what.operations.front());
  const auto& outcome = std::get<storage::mark_outcome>(what.outcomes.front());
  if (outcome.first_time)
    out.update_inbox(
      marking.project, marking.agent,
      inbox_update::marked{outcome.event_at, outcome.entry_at, marking.kind, marking.at});
  domain::event happened;
  happened.at = outcome.event_at;
  happened.kind = marking.kind == domain::mark_kind::read ? domain::event_kind::message_read
                                                          : domain::event_kind::message_ack;
  happened.project = marking.project;
  happened.message_id = marking.message_id;
  happened.created_at = marking.at;
  out.add_event(std::move(happened));
  if (asked().settle(*reply_to(what)))
    out.reply(request());
}

void mark_context::rejected(storage::change& what, publication& out) {
  if (is_unknown(what)) {
    const auto& marking = std::get<storage::mark_message>(what.operations.front());
    out.reload_inbox(marking.project, marking.agent);
    out.add_gap();
  }
  write_context::rejected(what, out);
}

} // namespace intermute::actors
