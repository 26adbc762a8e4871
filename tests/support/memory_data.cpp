#include "tests/support/memory_data.hpp"

#include <algorithm>

namespace intermute::test::detail {

using base::errc;
using storage::cursor;
using storage::event_kind;
using storage::reservation;

namespace {

/// So many replies that are past their time go with every new one.
constexpr std::size_t replays_dropped_max = 4;

} // namespace

cursor memory_data::take(cursor& last) {
  cursors_.push_back(++last);
  return last;
}

// ---- Agents -----------------------------------------------------------------------------------

domain::agent* memory_data::agent_of(const std::string& id) {
  const auto known
    = std::find_if(agents_.begin(), agents_.end(), [&](const auto& each) { return each.id == id; });
  return known != agents_.end() ? &*known : nullptr;
}

memory_data::applied memory_data::on(const storage::put_agent& what, cursor&) {
  for (const auto& each : agents_)
    if (each.id != what.agent.id && !each.session_id.empty()
        && each.session_id == what.agent.session_id)
      return {errc::internal, "The session belongs to another agent."};
  auto* known = agent_of(what.agent.id);
  if (known == nullptr)
    known = &agents_.emplace_back();
  auto contacts = std::move(known->contacts);
  *known = what.agent;
  known->contacts = std::move(contacts);
  projects_.insert(known->project);
  return storage::outcome{};
}

memory_data::applied memory_data::on(const storage::set_contact& what, cursor&) {
  auto* known = agent_of(what.agent_id);
  if (known != nullptr && what.present)
    known->contacts.insert(what.contact);
  else if (known != nullptr)
    known->contacts.erase(what.contact);
  return storage::outcome{};
}

memory_data::applied memory_data::on(const storage::touch_agents& what, cursor&) {
  for (const auto& [id, at] : what.seen)
    if (auto* known = agent_of(id); known != nullptr)
      known->last_seen = std::max(known->last_seen, at);
  return storage::outcome{};
}

// ---- Messages ---------------------------------------------------------------------------------

memory_data::applied memory_data::on(const storage::put_message& what, cursor& last) {
  using kind = storage::put_message_outcome::kind;
  const auto& wanted = *what.message;
  const auto known = by_id_.find({wanted.project, wanted.id});
  if (known == by_id_.end())
    return insert(what, last);
  if (!what.id_from_client)
    return {errc::internal, "A new message has the id of a stored one."};
  const auto at = known->second;
  auto& content = messages_.at(at).content;
  auto judged = domain::judge_repost(*content, wanted);
  if (judged.what == domain::repost::verdict::taken)
    return storage::outcome{storage::put_message_outcome{kind::taken, at, 0, {}, nullptr}};
  if (judged.what == domain::repost::verdict::identical)
    return storage::outcome{storage::put_message_outcome{kind::identical, at, 0, {}, content}};
  content = std::make_shared<const domain::message>(std::move(judged.merged));
  cursor added_at = 0;
  if (!judged.added.empty()) {
    added_at = take(last);
    add_entries(wanted, judged.added, added_at, at);
  }
  return storage::outcome{
    storage::put_message_outcome{kind::changed, at, added_at, std::move(judged.added), content}};
}

memory_data::applied memory_data::insert(const storage::put_message& what, cursor& last) {
  const auto& wanted = *what.message;
  std::set<std::string> once;
  for (const auto& each : wanted.recipients)
    if (!once.insert(each.agent).second)
      return {errc::internal, "A recipient is named twice."};
  const auto at = take(last);
  messages_[at].content = what.message;
  by_id_[{wanted.project, wanted.id}] = at;
  projects_.insert(wanted.project);
  add_entries(wanted, wanted.recipients, at, at);
  return storage::outcome{storage::put_message_outcome{
    storage::put_message_outcome::kind::stored, at, 0, {}, what.message}};
}

void memory_data::add_entries(const domain::message& wanted,
                              const std::vector<domain::recipient>& to, cursor entry_at,
                              cursor message_at) {
  for (const auto& each : to)
    inboxes_[{wanted.project, each.agent}][entry_at] = {message_at, each.kind, {}, {}};
  messages_.at(message_at).last_entry = entry_at;
  events_[entry_at] = {event_kind::message_created, wanted.project, wanted.id, wanted.created_at};
}

memory_data::applied memory_data::on(const storage::mark_message& what, cursor& last) {
  const bool read = what.kind == storage::mark_kind::read;
  storage::mark_outcome found{take(last), 0, false};
  const auto known = by_id_.find({what.project, what.message_id});
  const auto inbox = inboxes_.find({what.project, what.agent});
  if (!what.agent.empty() && known != by_id_.end() && inbox != inboxes_.end())
    for (auto& [at, row] : inbox->second) {
      if (row.message != known->second)
        continue;
      found.entry_at = at;
      auto& mark = read ? row.read_at : row.ack_at;
      found.first_time = !mark.has_value();
      if (found.first_time)
        mark = what.at;
    }
  projects_.insert(what.project);
  events_[found.event_at] = {read ? event_kind::message_read : event_kind::message_ack,
                             what.project, what.message_id, what.at};
  return storage::outcome{found};
}

// ---- Reservations -----------------------------------------------------------------------------

memory_data::applied memory_data::on(const storage::put_reservation& what, cursor& last) {
  const auto& wanted = what.reservation;
  for (const auto& each : reservations_)
    if (each.id == wanted.id)
      return {errc::internal, "A new reservation has the id of a stored one."};
  reservations_.push_back(wanted);
  projects_.insert(wanted.project);
  const auto at = take(last);
  events_[at] = {event_kind::reservation_created, wanted.project, wanted.id, wanted.created_at};
  return storage::outcome{storage::put_reservation_outcome{at}};
}

storage::end_reservations_outcome::one
memory_data::end(reservation& held, domain::release_reason why, base::wall_time at, cursor& last) {
  held.released_at = at;
  held.ended = why;
  const auto event_at = take(last);
  events_[event_at] = {why == domain::release_reason::expired ? event_kind::reservation_expired
                                                              : event_kind::reservation_released,
                       held.project, held.id, at};
  return {event_at, held};
}

memory_data::applied memory_data::on(const storage::end_reservations& what, cursor& last) {
  storage::end_reservations_outcome done;
  for (const auto& id : what.ids)
    for (auto& each : reservations_)
      if (each.id == id && !each.released_at)
        done.ended.push_back(end(each, what.why, what.at, last));
  return storage::outcome{std::move(done)};
}

memory_data::applied memory_data::on(const storage::end_reservations_of& what, cursor& last) {
  storage::end_reservations_outcome done;
  for (auto& each : reservations_)
    if (each.agent_id == what.agent_id && !each.released_at)
      done.ended.push_back(end(each, what.why, what.at, last));
  return storage::outcome{std::move(done)};
}

// ---- Replays ----------------------------------------------------------------------------------

memory_data::applied memory_data::on(const storage::put_replay& what, cursor&) {
  drop_old_replays(what.at);
  replays_[what.scope] = {{what.body, what.reply}, what.expires_at};
  return storage::outcome{};
}

void memory_data::drop_old_replays(base::wall_time now) {
  std::set<std::pair<base::wall_time, std::string>> old;
  for (const auto& [scope, row] : replays_)
    if (row.expires_at <= now)
      old.emplace(row.expires_at, scope);
  std::size_t dropped = 0;
  for (const auto& [expired_at, scope] : old)
    if (dropped++ < replays_dropped_max)
      replays_.erase(scope);
}

} // namespace intermute::test::detail
