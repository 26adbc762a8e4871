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
  {errc::invalid_cursor, 400, "Cursor is not a number",
   "Send since_cursor as a whole decimal number that an event carried, or 0."},
  {errc::body_too_large, 413, "Body is too large", "Send a smaller body."},
  {errc::headers_too_large, 431, "Request line and headers are too large",
   "Send a shorter request line and fewer or shorter headers."},
  {errc::bad_http, 400, "Request is not valid HTTP", "Send valid HTTP/1.1."},
  {errc::route_not_found, 404, "No such route", "See the API description for the routes."},
  {errc::agent_not_found, 404, "No such agent", "Register the agent first."},
  {errc::method_not_allowed, 405, "Method is not allowed here",
   "Use one of the methods that Allow names."},
  {errc::host_not_allowed, 421, "Host is not served here",
   "Address the server by a loopback name or address, or add the name to server.allowed_hosts."},
  {errc::cross_origin, 403, "Pages of other origins are kept out",
   "Call the server from a program, or from a page that it serves itself."},
  {errc::upgrade_required, 426, "This route speaks WebSocket",
   "Send Connection: Upgrade and Upgrade: websocket."},
  {errc::identity_mismatch, 403, "Not this agent's route",
   "Send the agent of the path as X-Agent-ID, or leave the header out."},
  {errc::request_timeout, 408, "Request came too slowly", "Send the whole request faster."},
  {errc::active_session_conflict, 409, "Session is in use",
   "Wait until its agent was silent for five minutes, or use another session."},
  {errc::message_id_taken, 409, "Message id belongs to another sender",
   "Choose another id, or leave it out to get one."},
  {errc::mailbox_full, 429, "A queue is full", "Nothing was done. Wait and repeat the request."},
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
  case errc::identity_mismatch: return "agent identity mismatch";
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
  body += "}\n";
  if (into.status == 429 || into.status == 503)
    into.add_header("Retry-After", "1");
  into.add_header("X-Request-Id", of.request_id);
}

} // namespace intermute::transport::http
