#include "actors/contact_rules.hpp"

#include "domain/glob.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace intermute::actors {
namespace {

using base::result;
using patterns = std::vector<domain::glob>;

/// The active patterns of each of `agents`.
result<std::unordered_map<std::string, patterns>> patterns_of(storage::reader& from,
                                                              const contact_question& asked) {
  std::unordered_map<std::string, patterns> found;
  found[asked.sender];
  for (const auto& agent : asked.automatic)
    found[agent];
  const auto open = from.open_reservations(asked.project);
  if (!open)
    return open.why();
  for (const auto& one : *open) {
    const auto holder = found.find(one.agent_id);
    if (holder == found.end() || !one.is_active(asked.now))
      continue;
    // A pattern that cannot be read overlaps nothing: it was stored by another dialect.
    if (auto pattern = domain::glob::parse(one.path_pattern))
      holder->second.push_back(std::move(*pattern));
  }
  return found;
}

bool any_overlap(const patterns& a, const patterns& b) {
  return std::ranges::any_of(a, [&](const domain::glob& one) {
    return std::ranges::any_of(b, [&](const domain::glob& other) { return one.overlaps(other); });
  });
}

} // namespace

contact_answer answer_of(const domain::agent* recipient, std::string_view sender) {
  using domain::contact_policy;
  if (recipient == nullptr || recipient->policy == contact_policy::open)
    return contact_answer::allow;
  if (recipient->policy == contact_policy::block_all)
    return contact_answer::deny;
  return recipient->contacts.contains(sender) ? contact_answer::allow : contact_answer::ask;
}

result<contact_verdicts> judge_contacts(storage::reader& from, const contact_question& asked) {
  std::unordered_set<std::string> allowed;
  if (!asked.automatic.empty()) {
    const auto held = patterns_of(from, asked);
    if (!held)
      return held.why();
    const auto& own = held->at(asked.sender);
    for (const auto& agent : asked.automatic)
      if (any_overlap(own, held->at(agent)))
        allowed.insert(agent);
  }
  auto everybody = asked.automatic;
  everybody.insert(everybody.end(), asked.contacts.begin(), asked.contacts.end());
  if (!asked.thread_id.empty()) {
    auto names = everybody;
    names.push_back(asked.sender);
    const auto present = from.in_thread(asked.project, asked.thread_id, names);
    if (!present)
      return present.why();
    if (present->back())
      for (std::size_t i = 0; i < everybody.size(); ++i)
        if ((*present)[i])
          allowed.insert(everybody[i]);
  }
  contact_verdicts verdicts;
  for (auto& agent : everybody)
    (allowed.contains(agent) ? verdicts.allowed : verdicts.denied).push_back(std::move(agent));
  return verdicts;
}

} // namespace intermute::actors
