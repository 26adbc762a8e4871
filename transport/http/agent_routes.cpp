#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/agents.hpp"

namespace intermute::transport::http {
namespace {

using base::errc;

void render_registered(const actors::register_agent&, actors::registered& got, response& into) {
  json::append_body(into.body,
                    wire::registered_reply{got.agent_id, got.session_id, got.name, got.token, 0});
}

void render_list(const actors::list_agents&, actors::agent_list& got, response& into) {
  wire::append_roster(into.body, got);
}

void render_agent(const actors::get_agent&, actors::agent_view& got, response& into) {
  json::append_body(into.body, wire::row_of(got));
}

void render_heartbeat(const actors::heartbeat& asked, actors::heartbeat_noted&, response& into) {
  json::append_body(into.body, wire::heartbeat_reply{asked.agent_id});
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

} // namespace

void register_agent(call& one) {
  auto body = json::decode<actors::register_agent>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  body->project = base::trimmed(body->project);
  body->session_id = base::trimmed(body->session_id);
  if (!body->session_id.empty() && !base::is_uuid_text(body->session_id))
    return one.refuse({errc::invalid_session_id, {}, body->session_id});
  const auto source = one.source({});
  one.ask(std::move(*body), source, render_registered);
}

void list_agents(call& one) {
  actors::list_agents what;
  auto project = query_value(one.request.query, "project");
  if (project && !project->empty())
    what.project = std::move(project);
  if (const auto wanted = query_value(one.request.query, "capability"))
    what.capabilities = domain::parse_capabilities(*wanted);
  one.ask(std::move(what), one.source({}), render_list);
}

void get_agent(call& one) {
  one.ask(actors::get_agent{std::move(one.request.parameter)}, one.source({}), render_agent);
}

void heartbeat(call& one) {
  actors::heartbeat what;
  if (!is_blank(one.request.body)) {
    const auto body = json::decode<wire::heartbeat_body>(one.request.body);
    if (!body)
      return one.refuse(body.why());
    what.focus = domain::parse_focus(body->focus_state);
    if (!what.focus && !body->focus_state.empty())
      return one.refuse({errc::invalid_focus_state, {}, {}});
  }
  what.agent_id = std::move(one.request.parameter);
  const auto source = one.source(what.agent_id);
  one.ask(std::move(what), source, render_heartbeat);
}

} // namespace intermute::transport::http
