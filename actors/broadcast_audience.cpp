#include "actors/broadcast_audience.hpp"

#include <algorithm>
#include <unordered_set>

namespace intermute::actors {

base::result<contact_verdicts> audience_of(const agent_snapshot& known, const std::string& project,
                                           const std::string& sender, base::wall_time now,
                                           storage::reader& from) {
  struct listener {
    std::int64_t seen = 0;
    std::shared_ptr<const domain::agent> record;
  };
  std::vector<listener> listeners;
  for (auto& one : known.all())
    if (one.record->project == project && !one.record->retired_at && one.record->id != sender)
      listeners.push_back({one.presence->last_seen.load(), std::move(one.record)});
  std::ranges::sort(listeners, [](const listener& a, const listener& b) {
    return a.seen != b.seen ? a.seen > b.seen : a.record->id < b.record->id;
  });
  contact_question question{project, {}, sender, {}, {}, now};
  for (const auto& one : listeners)
    if (one.record->policy == domain::contact_policy::automatic
        && answer_of(one.record.get(), sender) == contact_answer::ask)
      question.automatic.push_back(one.record->id);
  std::unordered_set<std::string> let_through;
  if (!question.automatic.empty()) {
    auto judged = judge_contacts(from, question);
    if (!judged)
      return judged.why();
    let_through.insert(judged->allowed.begin(), judged->allowed.end());
  }
  contact_verdicts found;
  for (const auto& one : listeners) {
    const bool allowed = answer_of(one.record.get(), sender) == contact_answer::allow
                         || let_through.contains(one.record->id);
    (allowed ? found.allowed : found.denied).push_back(one.record->id);
  }
  return found;
}

} // namespace intermute::actors
