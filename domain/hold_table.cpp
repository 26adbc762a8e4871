#include "domain/hold_table.hpp"

#include <algorithm>
#include <utility>

namespace intermute::domain {

hold& hold_table::add(hold one) {
  const auto at = ++last_;
  const auto wanted = std::exchange(one.is, hold::standing::granting);
  auto& added = holds_.emplace(at, std::move(one)).first->second;
  numbers_[added.record->id] = at;
  by_agent_[added.record->agent_id][at] = &added;
  if (wanted != hold::standing::granting)
    set(added, wanted);
  return added;
}

hold* hold_table::find(const std::string& id) {
  const auto found = numbers_.find(id);
  return found == numbers_.end() ? nullptr : &holds_.at(found->second);
}

void hold_table::remove(const std::string& id) {
  const auto found = numbers_.find(id);
  if (found == numbers_.end())
    return;
  const auto at = found->second;
  auto& one = holds_.at(at);
  set(one, hold::standing::ending);
  const auto owner = by_agent_.find(one.record->agent_id);
  owner->second.erase(at);
  if (owner->second.empty())
    by_agent_.erase(owner);
  numbers_.erase(found);
  holds_.erase(at);
}

void hold_table::clear() {
  holds_.clear();
  numbers_.clear();
  by_agent_.clear();
  ends_.clear();
}

std::vector<const hold*> hold_table::candidates(const glob&, const std::string* agent,
                                                bool exclusive) const {
  std::vector<const hold*> found;
  for (const auto& [at, one] : holds_)
    if (one.pattern && (exclusive || one.record->exclusive)
        && (agent == nullptr || one.record->agent_id != *agent))
      found.push_back(&one);
  return found;
}

hold_table::tally hold_table::of_agent(const std::string& agent, base::steady_time now) const {
  tally counted;
  const auto found = by_agent_.find(agent);
  if (found == by_agent_.end())
    return counted;
  for (const auto& [at, one] : found->second) {
    counted.standing += one->stands(now) ? 1 : 0;
    if (one->is == hold::standing::granting)
      counted.granting = one;
  }
  return counted;
}

std::vector<std::string> hold_table::expired(base::steady_time now) const {
  std::vector<number> over;
  for (const auto& [end, at] : ends_) {
    if (end > now)
      break;
    over.push_back(at);
  }
  std::ranges::sort(over);
  std::vector<std::string> ids;
  for (const auto at : over)
    ids.push_back(holds_.at(at).record->id);
  return ids;
}

base::steady_time hold_table::next_expiry() const {
  return ends_.empty() ? base::steady_time::max() : ends_.begin()->first;
}

void hold_table::set(hold& one, hold::standing is) {
  if (one.is == is)
    return;
  const auto at = numbers_.at(one.record->id);
  if (one.is == hold::standing::held) {
    const auto [first, last] = ends_.equal_range(one.expires);
    ends_.erase(std::find_if(first, last, [&](const auto& each) { return each.second == at; }));
  }
  if (is == hold::standing::held)
    ends_.emplace(one.expires, at);
  one.is = is;
}

} // namespace intermute::domain
