#include "transport/wire/presence.hpp"

#include "base/text.hpp"
#include "transport/json/decode.hpp"

namespace intermute::transport::wire {
namespace {

/// A list of names in an object, as the JSON reader wants one.
struct files_body {
  json::strings files;
};

} // namespace
} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<wire::files_body> {
  static constexpr std::tuple table{field("files", &wire::files_body::files)};
};

} // namespace intermute::transport::json

namespace intermute::transport::wire {
namespace {

/// The items of a JSON array of strings, trimmed, blank ones dropped; none for any other text.
json::strings files_of(std::string_view list) {
  json::strings found;
  // All of it must be one value before it is put into an object, or it could end that early.
  if (list.empty() || !json::is_json(list))
    return found;
  auto object = std::string{R"({"files":)"}.append(list).append("}");
  auto body = json::decode<files_body>(object);
  if (!body)
    return found;
  for (const auto& file : body->files)
    if (const auto name = base::trimmed(file); !name.empty())
      found.emplace_back(name);
  return found;
}

} // namespace

presence_row presence_of(const actors::agent_view& view) {
  const auto& agent = *view.agent;
  const auto member = [&](const char* name) -> std::string_view {
    if (!agent.metadata)
      return {};
    const auto found = agent.metadata->find(name);
    return found == agent.metadata->end() ? std::string_view{} : base::trimmed(found->second);
  };
  const auto status = member("status");
  const auto confidence = member("active_bead_confidence");
  return {agent.id,
          member("agent_kind"),
          status.empty() ? base::trimmed(agent.status) : status,
          {view.last_seen},
          member("repo"),
          files_of(member("files_touched")),
          member("objective"),
          confidence.empty() ? std::string_view{"unknown"} : confidence,
          member("active_bead_id"),
          member("thread_id")};
}

void append_presence(std::string& to, const actors::agent_list& list) {
  to += R"({"agents":[)";
  for (const auto& view : list.agents) {
    if (&view != &list.agents.front())
      to.push_back(',');
    json::append_value(to, presence_of(view));
  }
  to += "]}\n";
}

} // namespace intermute::transport::wire
