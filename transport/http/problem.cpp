#include "transport/http/problem.hpp"

#include "base/text.hpp"
#include "transport/json/encode.hpp"

#include <algorithm>
#include <array>

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::array<problem_row, base::errc_count> rows{{
  {errc::invalid_json, 400, "Body is not the JSON expected",
   "Send one JSON object with members of the types that the route describes."},
  {errc::invalid_utf8, 400, "Text is not UTF-8", "Encode all text as UTF-8."},
  {errc::invalid_request, 400, "Request is not valid", "Mend the request before repeating it."},
  {errc::missing_field, 400, "A required member is missing", "Send the member that is missing."},
  {errc::invalid_session_id, 400, "Session id is not a UUID",
   "Send a UUID as session_id, or none to get a new session."},
  {errc::invalid_focus_state, 400, "Focus state is unknown",
   "Send at-prompt, tool-use, thinking or unknown."},
  {errc::invalid_transport, 400, "Transport is unknown", "Send async, live or both, or none."},
  {errc::invalid_cursor, 400, "Cursor is not valid",
   "Send since_cursor as a whole decimal number that an event carried, or 0."},
  {errc::invalid_pattern, 400, "Pattern is not valid",
   "Mend the pattern at the byte that `offset` counts from 0."},
  {errc::pattern_too_complex, 400, "Pattern is too long or complex",
   "Use a shorter pattern with fewer wildcards and alternatives."},
  {errc::invalid_ttl, 400, "Time to live is not valid",
   "Send ttl_minutes as a whole number of minutes."},
  {errc::invalid_policy, 400, "Policy is unknown", "Send open, auto, contacts_only or block_all."},
  {errc::policy_required, 400, "No policy was sent", "Send policy, live_contact_policy, or both."},
  {errc::metadata_required, 400, "No metadata was sent",
   "Send metadata as an object of strings with at least one member."},
  {errc::metadata_too_large, 400, "Metadata would grow too large",
   "Keep less in the metadata of one agent."},
  {errc::project_required, 400, "No project was named", "Name a project."},
  {errc::invalid_idempotency_key, 400, "Idempotency-Key is not valid",
   "Send an Idempotency-Key of 1 to 255 bytes."},
  {errc::idempotency_key_reused, 422, "Idempotency-Key was used for another body",
   "Use a new Idempotency-Key for a new request."},
  {errc::body_too_large, 413, "Body is too large", "Send a smaller body."},
  {errc::headers_too_large, 431, "Request line and headers are too large",
   "Send a shorter request line and fewer or shorter headers."},
  {errc::bad_http, 400, "Request is not valid HTTP", "Send valid HTTP/1.1."},
  {errc::route_not_found, 404, "No such route", "See the API description for the routes."},
  {errc::agent_not_found, 404, "No such agent", "Register the agent first."},
  {errc::message_not_found, 404, "No such message", "Check the id and the project."},
  {errc::reservation_not_found, 404, "No such live reservation",
   "It never was, or it has been released already."},
  {errc::method_not_allowed, 405, "Method is not allowed here",
   "Use one of the methods that Allow names."},
  {errc::host_not_allowed, 421, "Host is not served here",
   "Address the server by a loopback name or address, or add the name to server.allowed_hosts."},
  {errc::cross_origin, 403, "Pages of other origins are kept out",
   "Call the server from a program, or from a page that it serves itself."},
  {errc::upgrade_required, 426, "This route speaks WebSocket",
   "Send Connection: Upgrade and Upgrade: websocket."},
  {errc::unauthorized, 401, "No valid key",
   "Send Authorization: Bearer with a key of the keys file."},
  {errc::agent_token_unknown, 401, "Agent token is unknown",
   "Send the token of the last registration, or none."},
  {errc::agent_token_required, 401, "Agent token is required",
   "Send the X-Agent-Token that the registration returned."},
  {errc::agent_identity_mismatch, 403, "This is another agent",
   "Act as the agent that the token or X-Agent-ID names."},
  {errc::operator_required, 403, "Only an operator may do this",
   "Use an operator key, or call from this machine without naming an agent."},
  {errc::project_mismatch, 403, "Key is of another project",
   "Use a key of that project, or leave the project out."},
  {errc::policy_denied, 403, "The recipients do not take this message",
   "Be taken into their contacts, or write in a thread that you share."},
  {errc::not_reservation_owner, 403, "Reservation of another agent",
   "Release it as its owner: send its X-Agent-ID or X-Agent-Token."},
  {errc::request_timeout, 408, "Request came too slowly", "Send the whole request faster."},
  {errc::active_session_conflict, 409, "Session is in use",
   "Wait until its agent was silent for five minutes, or use another session."},
  {errc::message_id_taken, 409, "Message id belongs to another sender",
   "Choose another id, or leave it out to get one."},
  {errc::contact_limit, 409, "Contact list is full", "Remove a contact before adding another."},
  {errc::reservation_conflict, 409, "Another agent holds an overlapping reservation",
   "Wait until it is released or expires, or choose another pattern."},
  {errc::reservation_limit, 409, "Too many live reservations",
   "Release some before reserving more."},
  {errc::idempotency_in_progress, 409, "The first request of this key is under way",
   "Repeat the request after Retry-After to get its answer."},
  {errc::mailbox_full, 429, "A queue is full", "Nothing was done. Wait and repeat the request."},
  {errc::rate_limited, 429, "Too many of these in a minute",
   "Nothing was done. Repeat the request after Retry-After."},
  {errc::deadline_exceeded, 503, "No answer in time",
   "Nothing of it is known to be done. Wait and repeat the request."},
  {errc::actor_restarting, 503, "A part of the server restarts",
   "Nothing was done. Wait and repeat the request."},
  {errc::quarantined, 503, "A part of the server is out of order",
   "Nothing was done. Wait and repeat the request; tell the operator if it lasts."},
  {errc::storage_busy, 503, "The storage is busy",
   "Nothing was done. Wait and repeat the request."},
  {errc::storage_unavailable, 503, "The storage is out of order",
   "Nothing was done. Wait and repeat the request; tell the operator if it lasts."},
  {errc::storage_full, 507, "The disk is full",
   "Nothing was done. Free space on the server's disk, then repeat the request."},
  {errc::shutting_down, 503, "The server is shutting down",
   "Nothing was done. Repeat the request once the server is back."},
  {errc::storage_corrupt, 500, "The storage is damaged",
   "Tell the operator; repeating the request does not help."},
  {errc::storage_failed, 500, "The storage failed",
   "Tell the operator; repeating the request does not help."},
  {errc::outcome_unknown, 504, "Whether it was done is not known",
   "Read the state back before you repeat the request."},
  {errc::internal, 500, "The server failed", "Tell the operator; this is a defect."},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].code) != i)
      return false;
  return true;
}
static_assert(in_order(), "the table must list every errc in its own order");

/// Mailboxes of one project or agent: the sender's own fault, not the server's.
constexpr std::array<std::string_view, 3> own_mailboxes{"project", "inbox", "reservations"};

/// The member `error`: the reference's words where it has some, else the code.
std::string error_text(const base::error& why) {
  switch (why.code) {
  case errc::invalid_focus_state: return "invalid focus_state";
  case errc::invalid_transport: return "invalid transport";
  case errc::invalid_session_id:
    return "invalid session_id: must be a valid UUID: " + base::quoted(why.where);
  case errc::active_session_conflict: return "session_id is in use by an active agent";
  case errc::agent_identity_mismatch: return "agent identity mismatch";
  case errc::metadata_required: return "metadata map required";
  case errc::policy_required: return "policy or live_contact_policy required";
  case errc::invalid_policy:
    return "invalid " + why.where + ": must be open, auto, contacts_only, or block_all";
  case errc::route_not_found: return "404 page not found";
  case errc::method_not_allowed: return "method not allowed";
  default: return std::string{base::to_string(why.code)};
  }
}

void append_member(std::string& to, std::string_view name, std::string_view value) {
  to.push_back(',');
  json::append_string(to, name);
  to.push_back(':');
  json::append_string(to, value);
}

void append_number(std::string& to, std::string_view name, std::uint64_t value) {
  to.push_back(',');
  json::append_string(to, name);
  to.push_back(':');
  json::append_number(to, value);
}

} // namespace

const problem_row& problem_row_of(base::errc code) noexcept {
  return rows[static_cast<std::size_t>(code)];
}

unsigned status_of(const base::error& why) noexcept {
  if (why.code == errc::mailbox_full && std::ranges::count(own_mailboxes, why.where) == 0)
    return 503;
  return problem_row_of(why.code).status;
}

void render_problem(response& into, const problem_context& of) {
  const base::error& why = *into.failure;
  const auto& row = problem_row_of(why.code);
  const auto code = base::to_string(why.code);
  if (into.status < 400)
    into.status = status_of(why);
  into.content_type = problem_type;
  auto& body = into.body;
  body = "{\"type\":\"urn:intermute:problem:";
  body.append(code).push_back('"');
  append_member(body, "title", row.title);
  body += ",\"status\":";
  json::append_number(body, into.status);
  append_member(body, "detail", why.detail.empty() ? row.detail : std::string_view{why.detail});
  append_member(body, "instance", of.instance.empty() ? "/" : of.instance);
  append_member(body, "code", code);
  append_member(body, "error", error_text(why));
  append_member(body, "request_id", of.request_id);
  if (why.code == errc::mailbox_full)
    append_member(body, "mailbox", why.where);
  if (why.code == errc::invalid_json || why.code == errc::missing_field)
    if (!why.where.empty())
      append_member(body, "field", why.where);
  if (why.code == errc::invalid_pattern)
    append_number(body, "offset", why.number);
  if (why.code == errc::pattern_too_complex || why.code == errc::reservation_limit)
    append_number(body, "limit", why.number);
  body += into.members;
  body += "}\n";
  if (into.status == 429 || into.status == 503 || why.code == errc::idempotency_in_progress)
    into.add_header("Retry-After", std::to_string(std::max<std::uint64_t>(1, why.number)));
  if (into.status == 401)
    into.add_header("WWW-Authenticate", "Bearer");
  into.add_header("X-Request-Id", of.request_id);
}

} // namespace intermute::transport::http
