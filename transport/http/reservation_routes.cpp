#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/reservations.hpp"

#include <limits>

namespace intermute::transport::http {
namespace {

using base::errc;

void render_reserved(const actors::reserve&, actors::reserved& got, response& into) {
  if (!got.conflicts.empty()) {
    into.fail({errc::reservation_conflict, {}, {}});
    return wire::append_conflicts_member(into.members, got.conflicts);
  }
  into.status = 201;
  json::append_body(into.body, wire::row_of(got));
}

void render_list(const actors::list_reservations&, actors::reservation_list& got, response& into) {
  wire::append_reservations(into.body, got);
}

void render_conflicts(const actors::check_reservation&, actors::conflict_list& got,
                      response& into) {
  wire::append_conflicts(into.body, got);
}

/// A release answers 200 with nothing (contract 11.4).
void render_released(const actors::release_reservation&, actors::released&, response& into) {
  into.content_type = {};
}

/// Reads the body of a reservation. Fails with `invalid_ttl` when that is the member at fault.
base::result<actors::reserve> reserve_of(std::string& body) {
  auto what = json::decode<actors::reserve>(body);
  constexpr std::int64_t ttl_max = std::numeric_limits<std::int32_t>::max();
  const bool bad_ttl = what ? what->ttl_minutes > ttl_max || what->ttl_minutes < -ttl_max - 1
                            : what.why().where == "ttl_minutes";
  if (bad_ttl)
    return errc::invalid_ttl;
  return what;
}

/// What a reservation lacks.
base::result<void> check(const actors::reserve& body) {
  if (body.agent_id.empty())
    return {errc::missing_field, "Say which agent reserves.", "agent_id"};
  if (body.path_pattern.empty())
    return {errc::missing_field, "Say which paths are reserved.", "path_pattern"};
  return {};
}

} // namespace

void create_reservation(call& one) {
  const auto& who = one.request.who;
  auto body = reserve_of(one.request.body);
  if (!body)
    return one.refuse(body.why());
  if (auto fine = check(*body); !fine)
    return one.refuse(fine.why());
  auto project = project_of(who, body->project);
  if (!project)
    return one.refuse(project.why());
  if (auto fine = check_acting(who, body->agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  body->project = std::move(*project);
  one.ask_write(*body, body->project, body->agent_id, render_reserved);
}

void list_reservations(call& one) {
  const auto& from = one.request;
  actors::list_reservations what;
  auto project = project_of(from.who, query_value(from.query, "project").value_or(""));
  if (!project)
    return one.refuse(project.why());
  if (auto agent = query_value(from.query, "agent").value_or(""); !agent.empty())
    what.agent_id = std::move(agent);
  else if (project->empty())
    return one.refuse({errc::project_required, "Name a project, or an agent with ?agent=.", {}});
  what.project = std::move(*project);
  what.within = from.who.project;
  one.ask(std::move(what), one.source({}), render_list);
}

void check_reservations(call& one) {
  const auto& from = one.request;
  const auto named = query_value(from.query, "project").value_or("");
  if (named.empty())
    return one.refuse({errc::project_required, {}, {}});
  auto pattern = query_value(from.query, "pattern").value_or("");
  if (pattern.empty())
    return one.refuse({errc::missing_field, "Name the pattern: ?pattern=.", "pattern"});
  auto project = project_of(from.who, named, unnamed::is_refused);
  if (!project)
    return one.refuse(project.why());
  const bool exclusive = query_value(from.query, "exclusive") != "false";
  one.ask(actors::check_reservation{std::move(*project), std::move(pattern), exclusive},
          one.source({}), render_conflicts);
}

void release_reservation(call& one) {
  auto& from = one.request;
  if (from.parameter.empty())
    return one.refuse({errc::missing_field, "Name it: /api/reservations/{id}.", "id"});
  actors::release_reservation what;
  what.id = std::move(from.parameter);
  // Without an agent it is refused as well, but only once the reservation is found.
  what.agent_id = releaser_of(from);
  what.within = from.who.project;
  if (auto fine = check_acting(from.who, what.agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, from.who.project.value_or(""), what.agent_id, render_released);
}

} // namespace intermute::transport::http
