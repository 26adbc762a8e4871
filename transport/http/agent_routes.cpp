#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/agents.hpp"
#include "transport/wire/presence.hpp"

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

void render_presence(const actors::list_agents&, actors::agent_list& got, response& into) {
  wire::append_presence(into.body, got);
}

void render_agent(const actors::get_agent&, actors::agent_view& got, response& into) {
  json::append_body(into.body, wire::row_of(got));
}

void render_heartbeat(const actors::heartbeat& asked, actors::heartbeat_noted&, response& into) {
  json::append_body(into.body, wire::heartbeat_reply{asked.agent_id});
}

void render_patched(const actors::patch_metadata&, actors::agent_view& got, response& into) {
  json::append_body(into.body, wire::row_of(got));
}

void render_retired(const actors::retire_agent& asked, actors::retired& got, response& into) {
  const auto row = wire::row_of(got.agent);
  if (asked.back)
    json::append_body(into.body, wire::unretired_row{row, got.token});
  else
    json::append_body(into.body, wire::retired_row{row});
}

bool is_blank(std::string_view text) noexcept {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

void set_service(call& one, bool back) {
  const auto& who = one.request.who;
  actors::retire_agent what{std::move(one.request.parameter), back, who.project};
  // Of an agent that is gone nobody has the token any more: so no operator needs it.
  const bool token_required = one.requires_token() && !who.is_operator;
  if (auto fine = check_owning(who, what.agent_id, token_required); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, who.project.value_or(""), what.agent_id, render_retired);
}

} // namespace

void register_agent(call& one) {
  auto body = json::decode<actors::register_agent>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  body->session_id = base::trimmed(body->session_id);
  if (!body->session_id.empty() && !base::is_uuid_text(body->session_id))
    return one.refuse({errc::invalid_session_id, {}, body->session_id});
  const auto project = project_of(one.request.who, body->project, unnamed::is_refused);
  if (!project)
    return one.refuse(project.why());
  body->project = base::trimmed(*project);
  body->within = one.request.who.project;
  one.ask_write(*body, body->project, {}, render_registered);
}

void list_agents(call& one) {
  const auto query = one.request.query;
  actors::list_agents what;
  auto project = projects_of(one.request.who, query_value(query, "project").value_or(""));
  if (!project)
    return one.refuse(project.why());
  what.project = std::move(*project);
  if (const auto wanted = query_value(query, "capability"))
    what.capabilities = domain::parse_capabilities(*wanted);
  what.retired = query_value(query, "retired") == "true";
  what.active_within = seconds_value(query, "active_within_seconds");
  one.ask(std::move(what), one.source({}), render_list);
}

void list_presence(call& one) {
  const auto query = one.request.query;
  actors::list_agents what;
  auto project = projects_of(one.request.who, trimmed_value(query, "project"));
  if (!project)
    return one.refuse(project.why());
  what.project = std::move(*project);
  for (const auto* const name : {"repo", "active_bead_id"})
    if (auto wanted = trimmed_value(query, name); !wanted.empty())
      what.metadata.emplace_back(name, std::move(wanted));
  one.ask(std::move(what), one.source({}), render_presence);
}

void get_agent(call& one) {
  one.ask(actors::get_agent{std::move(one.request.parameter), one.request.who.project},
          one.source({}), render_agent);
}

void heartbeat(call& one) {
  const auto& who = one.request.who;
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
  what.within = who.project;
  if (auto fine = check_acting(who, what.agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, who.project.value_or(""), what.agent_id, render_heartbeat);
}

void patch_metadata(call& one) {
  const auto& who = one.request.who;
  auto body = json::decode<wire::metadata_body>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  if (!body->metadata || body->metadata->empty())
    return one.refuse({errc::metadata_required, {}, {}});
  actors::patch_metadata what{std::move(one.request.parameter), std::move(*body->metadata),
                              who.project};
  if (auto fine = check_acting(who, what.agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, who.project.value_or(""), what.agent_id, render_patched);
}

void retire_agent(call& one) { set_service(one, false); }

void unretire_agent(call& one) { set_service(one, true); }

} // namespace intermute::transport::http
