#include "domain/message.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <unordered_set>

namespace intermute::domain {

std::string_view to_string(recipient_kind kind) noexcept {
  switch (kind) {
  case recipient_kind::to: return "to";
  case recipient_kind::cc: return "cc";
  case recipient_kind::bcc: break;
  }
  return "bcc";
}

std::vector<recipient> recipients_of(const std::vector<std::string>& to,
                                     const std::vector<std::string>& cc,
                                     const std::vector<std::string>& bcc) {
  std::vector<recipient> found;
  found.reserve(to.size() + cc.size() + bcc.size());
  std::unordered_set<std::string_view> seen; // Views of the arguments, which outlive it.
  const auto add = [&](const std::vector<std::string>& agents, recipient_kind kind) {
    for (const auto& agent : agents)
      if (seen.insert(agent).second)
        found.push_back({agent, kind});
  };
  add(to, recipient_kind::to);
  add(cc, recipient_kind::cc);
  add(bcc, recipient_kind::bcc);
  return found;
}

std::vector<std::string> agents_of(const std::vector<recipient>& recipients, recipient_kind kind) {
  std::vector<std::string> found;
  for (const auto& one : recipients)
    if (one.kind == kind)
      found.push_back(one.agent);
  return found;
}

std::string normal_topic(std::string_view topic) { return base::lowered(base::trimmed(topic)); }

repost judge_repost(const message& stored, const message& wanted) {
  repost result;
  if (stored.from != wanted.from)
    return result;
  std::unordered_set<std::string_view> known;
  for (const auto& one : stored.recipients)
    known.insert(one.agent);
  for (const auto& one : wanted.recipients)
    if (!known.contains(one.agent))
      result.added.push_back(one);
  const bool same = stored.subject == wanted.subject && stored.body == wanted.body
                    && stored.topic == wanted.topic && stored.importance == wanted.importance
                    && stored.ack_required == wanted.ack_required;
  if (same && result.added.empty()) {
    result.what = repost::verdict::identical;
    return result;
  }
  result.what = repost::verdict::changed;
  result.merged = wanted;
  result.merged.thread_id = stored.thread_id;
  result.merged.created_at = stored.created_at;
  result.merged.recipients = stored.recipients;
  result.merged.recipients.insert(result.merged.recipients.end(), result.added.begin(),
                                  result.added.end());
  return result;
}

} // namespace intermute::domain
