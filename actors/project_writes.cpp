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

} // namespace

void send_context::committed(storage::change& what, publication& out) {
  auto& outcome = std::get<storage::put_message_outcome>(what.outcomes.front());
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
  reply_.at = outcome.at;
  reply_.replayed = outcome.what != stored_kind::stored;
  if (static_cast<op_of<send_message>&>(*request()).settle(std::move(reply_)))
    out.reply(request());
}

void send_context::rejected(storage::change& what, publication& out) {
  if (what.failure->code == errc::outcome_unknown) {
    // It may be on the disk after all: whoever it concerns must look there.
    const auto& message = *std::get<storage::put_message>(what.operations.front()).message;
    for (const auto& one : message.recipients)
      out.reload_inbox(message.project, one.agent);
    out.add_gap();
  }
  write_context::rejected(what, out);
}

void mark_context::committed(storage::change& what, publication& out) {
  const auto& asked = std::get<storage::mark_message>(what.operations.front());
  const auto& outcome = std::get<storage::mark_outcome>(what.outcomes.front());
  if (outcome.first_time)
    out.update_inbox(
      asked.project, asked.agent,
      inbox_update::marked{outcome.event_at, outcome.entry_at, asked.kind, asked.at});
  domain::event happened;
  happened.at = outcome.event_at;
  happened.kind = asked.kind == domain::mark_kind::read ? domain::event_kind::message_read
                                                        : domain::event_kind::message_ack;
  happened.project = asked.project;
  happened.message_id = asked.message_id;
  happened.created_at = asked.at;
  out.add_event(std::move(happened));
  if (static_cast<op_of<mark_message>&>(*request()).settle(marked{outcome.event_at}))
    out.reply(request());
}

void mark_context::rejected(storage::change& what, publication& out) {
  if (what.failure->code == errc::outcome_unknown) {
    const auto& asked = std::get<storage::mark_message>(what.operations.front());
    out.reload_inbox(asked.project, asked.agent);
    out.add_gap();
  }
  write_context::rejected(what, out);
}

} // namespace intermute::actors
