#include "transport/wire/agents.hpp"

namespace intermute::transport::wire {

agent_row row_of(const actors::agent_view& view) {
  const auto& agent = *view.agent;
  agent_row row{
    agent.id,        agent.session_id, agent.name,       agent.project,      &agent.capabilities,
    &agent.metadata, agent.status,     {view.last_seen}, {agent.created_at}, {}};
  if (agent.retired_at)
    row.retired_at.emplace(*agent.retired_at);
  return row;
}

void append_roster(std::string& to, const actors::agent_list& list) {
  to += R"({"agents":[)";
  for (const auto& view : list.agents) {
    if (&view != &list.agents.front())
      to.push_back(',');
    json::append_value(to, row_of(view));
  }
  to += "]}\n";
}

} // namespace intermute::transport::wire
