#include "actors/reservation_writes.hpp"
#include "actors/reservations.hpp"

#include <algorithm>
#include <unordered_set>

namespace intermute::actors {
namespace {

using base::errc;
using standing = domain::hold::standing;

/// Keeps those of `some` that count: the ones that stand, or the ones that are seen.
template <class Counts>
std::vector<const domain::hold*> only(std::vector<const domain::hold*> some, Counts counts) {
  std::erase_if(some, [&](const domain::hold* one) { return !counts(*one); });
  return some;
}

} // namespace

// ---- Comparing --------------------------------------------------------------------------------

template <class Request>
void reservations::compare(op_of<Request>& what, const domain::glob& pattern,
                           const std::vector<const domain::hold*>& with,
                           void (reservations::*found)(op_of<Request>&,
                                                       const std::vector<std::string>&)) {
  std::uint64_t cost = 0;
  for (const auto* one : with)
    cost += pattern.cost(*one->pattern);
  if (cost <= domain::glob_inline_cost_max) {
    std::vector<std::string> ids;
    for (const auto* one : with)
      if (pattern.overlaps(*one->pattern))
        ids.push_back(one->record->id);
    return (this->*found)(what, ids);
  }
  struct pair {
    std::string id;
    domain::glob pattern;
  };
  std::vector<pair> pairs;
  pairs.reserve(with.size());
  for (const auto* one : with)
    pairs.push_back({one->record->id, *one->pattern});
  auto job = [asked = op_ptr{&what}, to = address(), pattern, pairs = std::move(pairs)] {
    auto ids = std::make_shared<std::vector<std::string>>();
    for (const auto& one : pairs)
      if (pattern.overlaps(one.pattern))
        ids->push_back(one.id);
    to->notify(caf::make_message(overlaps_found{asked, std::move(ids)}));
  };
  if (!deps_.work.submit(std::move(job)))
    return what.fail(worker_pool::full());
  if (Request::kind == op_kind::reserve)
    comparing_ = &what;
}

void reservations::compared(const overlaps_found& note) {
  if (note.request->kind() == op_kind::check_reservation)
    return loading_ ? waiting_.push_back(note.request)
                    : settle(static_cast<op_of<check_reservation>&>(*note.request), *note.ids);
  if (comparing_ != note.request)
    return; // The table was loaded anew meanwhile: it is judged again.
  comparing_ = nullptr;
  settle(static_cast<op_of<reserve>&>(*note.request), *note.ids);
  serve_waiting();
}

// ---- Reserving --------------------------------------------------------------------------------

void reservations::judge(op_of<reserve>& what) {
  const auto& asked = what.request;
  if (asked.agent_id.empty() || asked.path_pattern.empty())
    return what.fail({errc::missing_field, "Say who reserves which paths.",
                      asked.agent_id.empty() ? "agent_id" : "path_pattern"});
  const auto pattern = domain::glob::parse(asked.path_pattern);
  if (!pattern)
    return what.fail(pattern.why());
  expire();
  if (loading_) {
    waiting_.emplace_back(&what);
    return;
  }
  const auto at = deps_.clock.steady();
  const auto own = table_.of_agent(asked.agent_id, at);
  if (const std::uint32_t most = deps_.tuned.reservations_per_agent; own.standing >= most) {
    if (own.granting != nullptr)
      return wait_for(own.granting->record->id, what);
    return what.fail({errc::reservation_limit,
                      "This agent holds as many reservations in this project as it may. Release "
                      "some first.",
                      "reservations", most});
  }
  compare(what, *pattern,
          only(table_.candidates(*pattern, &asked.agent_id, asked.exclusive),
               [&](const domain::hold& one) { return one.stands(at); }),
          &reservations::settle);
}

void reservations::settle(op_of<reserve>& what, const std::vector<std::string>& overlapping) {
  const auto at = deps_.clock.steady();
  reserved refusal;
  for (const auto& id : overlapping) {
    // A worker took its time: it may have ended meanwhile.
    const auto* const one = table_.find(id);
    if (one == nullptr || !one->stands(at))
      continue;
    if (one->is == standing::granting)
      return wait_for(id, what);
    refusal.conflicts.push_back(conflict_of(*one->record));
  }
  if (refusal.conflicts.empty())
    grant(what);
  else
    what.answer(std::move(refusal));
}

void reservations::grant(op_of<reserve>& what) {
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  const auto& asked = what.request;
  const auto lease = domain::lease_of(asked.ttl_minutes);
  auto pattern = domain::glob::parse(asked.path_pattern);
  reserved told;
  auto& made = told.reservation;
  made.created_at = deps_.clock.wall();
  made.expires_at = made.created_at + lease.length;
  made.id = base::make_uuid(made.created_at, deps_.random);
  made.agent_id = asked.agent_id;
  made.project = project_;
  made.path_pattern = asked.path_pattern;
  made.exclusive = asked.exclusive;
  made.reason = asked.reason;
  told.ttl_capped = lease.capped;
  told.glued_globstar = pattern->has_glued_globstar();

  domain::hold tentative;
  tentative.record = std::make_shared<const domain::reservation>(made);
  tentative.pattern = std::move(*pattern);
  tentative.expires = deps_.clock.steady() + lease.length;
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_reservation{made});
  auto context = std::make_unique<reserve_context>(address(), op_ptr{&what}, std::move(told));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    return what.fail(change_log::closed());
  table_.add(std::move(tentative));
}

void reservations::wait_for(const std::string& of, op& what) {
  dependents_[of].emplace_back(&what);
}

conflict reservations::conflict_of(const domain::reservation& with) const {
  const auto known = deps_.agents.load();
  const auto* const holder = known->find(with.agent_id);
  return {
    with.id,           with.agent_id, holder != nullptr ? holder->record->name : with.agent_id,
    with.path_pattern, with.reason,   with.expires_at};
}

// ---- Checking and releasing -------------------------------------------------------------------

void reservations::check(op_of<check_reservation>& what) {
  const auto& asked = what.request;
  const auto pattern = domain::glob::parse(asked.pattern);
  if (!pattern)
    return what.fail(pattern.why());
  const auto at = deps_.clock.steady();
  compare(what, *pattern,
          only(table_.candidates(*pattern, nullptr, asked.exclusive),
               [&](const domain::hold& one) { return one.is_seen(at); }),
          &reservations::settle);
}

void reservations::settle(op_of<check_reservation>& what,
                          const std::vector<std::string>& overlapping) {
  const auto at = deps_.clock.steady();
  conflict_list found;
  for (const auto& id : overlapping)
    if (const auto* const one = table_.find(id); one != nullptr && one->is_seen(at))
      found.conflicts.push_back(conflict_of(*one->record));
  what.answer(std::move(found));
}

void reservations::release(op_of<release_reservation>& what) {
  const auto& asked = what.request;
  auto* const one = table_.find(asked.id);
  if (one == nullptr)
    return what.fail({errc::reservation_not_found, {}, "id"});
  if (one->record->agent_id != asked.agent_id)
    return what.fail({errc::not_reservation_owner, {}, "id"});
  if (one->is != standing::held)
    return wait_for(asked.id, what); // It is about to end, or to begin.
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  std::vector<storage::row_operation> operations;
  operations.emplace_back(
    storage::end_reservations{{asked.id}, domain::release_reason::released, deps_.clock.wall()});
  auto context = std::make_unique<release_context>(address(), op_ptr{&what});
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(*taken)))
    return what.fail(change_log::closed());
  table_.set(*one, standing::ending);
}

} // namespace intermute::actors
