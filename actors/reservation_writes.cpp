#include "actors/reservation_writes.hpp"

#include "actors/messages.hpp"

namespace intermute::actors {
namespace {

using base::errc;

const storage::end_reservations_outcome& ended_by(const storage::change& what) {
  return std::get<storage::end_reservations_outcome>(what.outcomes.front());
}

/// Those that had ended before are not among what ended now: the table forgets them all the same.
void tell_table(const cell_ptr& table, const storage::change& what, publication& out) {
  const auto& asked = std::get<storage::end_reservations>(what.operations.front());
  if (ended_by(what).ended.size() < asked.ids.size())
    out.tell_owner(
      table, caf::make_message(holds_ended{std::make_shared<std::vector<std::string>>(asked.ids)}));
}

void note_gap(const storage::change& what, publication& out) {
  if (what.failure->code == errc::outcome_unknown)
    out.add_gap();
}

} // namespace

std::optional<reserved> reserve_context::reply_to(const storage::change&) const { return told_; }

void reserve_context::committed(storage::change& what, publication& out) {
  const auto& outcome = std::get<storage::put_reservation_outcome>(what.outcomes.front());
  const auto& made = told_.reservation;
  out.tell_owner(owner(),
                 caf::make_message(holds_granted{
                   std::make_shared<std::vector<std::string>>(std::vector<std::string>{made.id})}));
  out.add_event(
    event_of(made, domain::event_kind::reservation_created, outcome.event_at, made.created_at));
  if (asked().settle(std::move(told_)))
    out.reply(request());
}

void reserve_context::rejected(storage::change& what, publication& out) {
  note_gap(what, out);
  write_context::rejected(what, out);
}

std::optional<released> release_context::reply_to(const storage::change& what) const {
  if (ended_by(what).ended.empty())
    return std::nullopt;
  return released{};
}

void release_context::committed(storage::change& what, publication& out) {
  out.end_reservations(ended_by(what));
  tell_table(owner(), what, out);
  const bool settled = ended_by(what).ended.empty()
                         ? request()->settle_failure({errc::reservation_not_found, {}, "id"})
                         : asked().settle({});
  if (settled)
    out.reply(request());
}

void release_context::rejected(storage::change& what, publication& out) {
  note_gap(what, out);
  write_context::rejected(what, out);
}

void expiry_context::committed(storage::change& what, publication& out) {
  out.end_reservations(ended_by(what));
  tell_table(owner(), what, out);
}

void expiry_context::rejected(storage::change& what, publication& out) {
  note_gap(what, out);
  write_context::rejected(what, out);
}

} // namespace intermute::actors
