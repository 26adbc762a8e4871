#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/messages.hpp"

#include <algorithm>
#include <array>

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::array<std::string_view, 4> transports{"", "async", "live", "both"};

/// Every recipient refused: nothing was stored (contract 5.1).
void refuse_denied(response& into, const std::vector<std::string>& denied) {
  into.fail({errc::policy_denied, {}, {}});
  wire::append_denied(into.members, denied);
}

void render_sent(const actors::send_message&, actors::sent& got, response& into) {
  if (got.message_id.empty())
    return refuse_denied(into, got.denied);
  if (got.replayed)
    into.add_header(replay_header, "true");
  wire::append_sent(into.body, got);
}

void render_broadcast(const actors::broadcast&, actors::broadcast_done& got, response& into) {
  if (got.message_id.empty() && !got.denied.empty())
    return refuse_denied(into, got.denied);
  wire::append_broadcast(into.body, got);
}

/// Read and ack answer 200 with nothing (contract 7).
void render_marked(const actors::mark_message&, actors::marked&, response& into) {
  into.content_type = {};
}

void render_message(const actors::get_message& asked, domain::placed_message& got, response& into) {
  json::append_body(into.body, wire::row_of(got, asked.reader));
}

void mark(call& one, domain::mark_kind kind) {
  auto& from = one.request;
  actors::mark_message what;
  what.mark = kind;
  // A body that cannot be read is no body (contract 7).
  if (auto body = json::decode<wire::mark_body>(from.body))
    what.agent = std::move(body->agent);
  if (what.agent.empty())
    what.agent = query_value(from.query, "agent").value_or("");
  if (what.agent.empty() && from.who.proven)
    what.agent = from.who.agent; // Its token says who it is.
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  if (auto fine = check_acting(from.who, what.agent, one.requires_token()); !fine)
    return one.refuse(fine.why());
  what.project = std::move(*project);
  what.message_id = std::move(from.parameter);
  one.ask_write(what, what.project, what.agent, render_marked);
}

/// What a send lacks.
base::result<void> check(const wire::send_body& body) {
  if (base::trimmed(body.from).empty())
    return {errc::missing_field, "Say who sends the message.", "from"};
  if (body.to.empty())
    return {errc::missing_field, "Name at least one recipient.", "to"};
  return {};
}

/// What a broadcast lacks.
base::result<void> check(const actors::broadcast& body) {
  if (base::trimmed(body.from).empty())
    return {errc::missing_field, "Say who sends the message.", "from"};
  if (base::trimmed(body.topic).empty())
    return {errc::missing_field, "Name the topic of the message.", "topic"};
  if (base::trimmed(body.body).empty())
    return {errc::missing_field, "Say something in the message.", "body"};
  return {};
}

} // namespace

void send_message(call& one) {
  const auto& who = one.request.who;
  auto body = json::decode<wire::send_body>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  if (auto fine = check(*body); !fine)
    return one.refuse(fine.why());
  const auto project = project_of(who, body->project, unnamed::is_refused);
  if (!project)
    return one.refuse(project.why());
  if (std::ranges::count(transports, body->transport) == 0)
    return one.refuse({errc::invalid_transport, {}, {}});
  if (auto fine = check_acting(who, body->from, one.requires_token()); !fine)
    return one.refuse(fine.why());
  actors::send_message& what = *body;
  what.project = base::trimmed(*project);
  one.ask_write(what, what.project, what.from, render_sent);
}

void broadcast(call& one) {
  const auto& who = one.request.who;
  auto body = json::decode<actors::broadcast>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  if (auto fine = check(*body); !fine)
    return one.refuse(fine.why());
  auto project = project_of(who, base::trimmed(body->project), unnamed::is_refused);
  if (!project)
    return one.refuse(project.why());
  if (project->empty())
    return one.refuse({errc::project_required, {}, {}});
  if (auto fine = check_acting(who, body->from, one.requires_token()); !fine)
    return one.refuse(fine.why());
  body->project = std::move(*project);
  body->rate_key = who.proven ? who.agent : body->from;
  one.ask_write(*body, body->project, body->from, render_broadcast);
}

void mark_read(call& one) { mark(one, domain::mark_kind::read); }

void mark_ack(call& one) { mark(one, domain::mark_kind::ack); }

void get_message(call& one) {
  auto& from = one.request;
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  one.ask(actors::get_message{std::move(*project), std::move(from.parameter), reader_of(from)},
          one.source({}), render_message);
}

} // namespace intermute::transport::http
