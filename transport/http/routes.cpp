#include "transport/http/routes.hpp"

#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/utf8.hpp"

#include <array>
#include <optional>

namespace intermute::transport::http {
namespace {

using enum verb;
using enum too_large;

constexpr auto all = access::agent;
constexpr auto operators = access::operators;

// Of the rows that fit a path the first counts: exact paths stand before those that take the rest.
constexpr std::array table{
  route{post, "/api/messages", "sendMessage", all, is_400, send_message},
  route{get, "/api/inbox/{agent...}/counts", "countInbox", all, is_413, count_inbox},
  route{get, "/api/inbox/{agent...}/stale-acks", "listStaleAcks", all, is_413, list_stale_acks},
  route{get, "/api/inbox/{agent...}", "readInbox", all, is_413, read_inbox},
  route{post, "/api/messages/{id}/ack", "ackMessage", all, is_413, mark_ack},
  route{post, "/api/messages/{id}/read", "readMessage", all, is_413, mark_read},
  route{post, "/api/agents/{id}/heartbeat", "heartbeatAgent", all, is_400, heartbeat},
  route{post, "/api/reservations", "createReservation", all, is_413, create_reservation},
  route{get, "/api/reservations", "listReservations", all, is_413, list_reservations},
  route{get, "/api/reservations/check", "checkReservations", all, is_413, check_reservations},
  route{del, "/api/reservations/{id...}", "releaseReservation", all, is_413, release_reservation},
  route{get, "/health", "getHealth", access::open, is_413, get_health},
  route{post, "/api/agents", "registerAgent", all, is_413, register_agent},
  route{get, "/api/agents", "listAgents", all, is_413, list_agents},
  route{get, "/api/agents/presence", "listPresence", all, is_413, list_presence},
  route{get, "/api/agents/{id}", "getAgent", all, is_413, get_agent},
  route{patch, "/api/agents/{id}/metadata", "patchMetadata", all, is_413, patch_metadata},
  route{get, "/api/agents/{id}/policy", "getPolicy", all, is_413, get_policy},
  route{post, "/api/agents/{id}/policy", "setPolicy", all, is_400, set_policy},
  route{put, "/api/agents/{id}/policy", "replacePolicy", all, is_400, set_policy},
  route{get, "/api/agents/{id}/contacts", "listContacts", all, is_413, list_contacts},
  route{put, "/api/agents/{id}/contacts/{contact}", "addContact", all, is_413, add_contact},
  route{del, "/api/agents/{id}/contacts/{contact}", "removeContact", all, is_413, remove_contact},
  route{post, "/api/agents/{id}/retire", "retireAgent", all, is_413, retire_agent},
  route{post, "/api/agents/{id}/unretire", "unretireAgent", all, is_413, unretire_agent},
  route{get, "/api/messages/{id}", "getMessage", all, is_413, get_message},
  route{get, "/api/threads", "listThreads", all, is_413, list_threads},
  route{get, "/api/threads/{thread...}", "readThread", all, is_413, read_thread},
  route{get, "/api/topics/{project}/{topic...}", "readTopic", all, is_413, read_topic},
  route{post, "/api/broadcast", "broadcast", all, is_413, broadcast},
  route{get, "/api/projects", "listProjects", all, is_413, list_projects},
  route{get, "/api/version", "getVersion", all, is_413, get_version},
  route{get, "/metrics", "getMetrics", operators, is_413, get_metrics},
  route{get, "/ws/agents/{agent...}", "subscribeAgent", all, is_413, open_socket},
};

constexpr bool ids_are_unique() {
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t j = i + 1; j < table.size(); ++j)
      if (table[i].id == table[j].id)
        return false;
  return true;
}
static_assert(ids_are_unique(), "two routes share one operationId");

/// A path pattern taken apart: what stands before, between and behind its parameters.
struct pattern {
  std::string_view before;
  std::string_view behind; ///< Behind the last parameter.
  bool has_parameter = false;
  bool takes_rest = false; ///< The last parameter may hold slashes.
  bool has_second = false;
  std::string_view between; ///< The first parameter and the second.
};

constexpr pattern pattern_of(std::string_view path) {
  const auto open = path.find('{');
  if (open == std::string_view::npos)
    return {path, {}, false, false, false, {}};
  const auto close = path.find('}');
  const auto last_open = path.rfind('{');
  const auto last_close = path.rfind('}');
  const bool takes_rest = path[last_close - 1] == '.';
  const auto between
    = last_open == open ? std::string_view{} : path.substr(close + 1, last_open - close - 1);
  return {path.substr(0, open), path.substr(last_close + 1), true,
          takes_rest,           last_open != open,           between};
}

constexpr auto patterns = [] {
  std::array<pattern, table.size()> made{};
  for (std::size_t i = 0; i < table.size(); ++i)
    made[i] = pattern_of(table[i].path);
  return made;
}();

std::string_view without_slashes_behind(std::string_view text) noexcept {
  while (text.ends_with('/')) // Ends: each round takes a slash.
    text.remove_suffix(1);
  return text;
}

bool is_segment(std::string_view text) noexcept {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

/// What stands for the parameters, still escaped.
struct parameters {
  std::string_view first;
  std::string_view second;
};

/// Takes the rest of a path apart that stands for two parameters. A second one that takes the rest
/// may be missing, and the first with it: the handler says what it lacks.
std::optional<parameters> split_two(const pattern& want, std::string_view rest) noexcept {
  const auto end = rest.find(want.between);
  if (end == std::string_view::npos)
    return want.takes_rest ? std::optional{parameters{rest, {}}} : std::nullopt;
  const parameters found{rest.substr(0, end), rest.substr(end + want.between.size())};
  if (!is_segment(found.first) || (!want.takes_rest && !is_segment(found.second)))
    return std::nullopt;
  return found;
}

/// What stands for the parameters; nothing if the path does not match.
std::optional<parameters> matched(const pattern& want, std::string_view path) noexcept {
  if (!want.has_parameter)
    return path == want.before ? std::optional{parameters{}} : std::nullopt;
  if (!path.starts_with(want.before))
    return std::nullopt;
  auto rest = path.substr(want.before.size());
  // A slash behind counts only where the rest of the path is a name with a fixed end.
  if (!want.takes_rest || want.behind.empty())
    rest = without_slashes_behind(rest);
  if (!rest.ends_with(want.behind))
    return std::nullopt;
  rest.remove_suffix(want.behind.size());
  if (want.has_second)
    return split_two(want, rest);
  const bool whole = want.takes_rest && want.behind.empty();
  if ((rest.empty() && !whole) || (!want.takes_rest && rest.find('/') != std::string_view::npos))
    return std::nullopt;
  return parameters{rest, {}};
}

/// The segments that a proxy could read as something else than we do.
bool is_treacherous(std::string_view path, const std::string& decoded) {
  if (decoded.find('\0') != std::string::npos)
    return true;
  for (auto rest = path; !rest.empty();) { // Ends: each round takes a segment.
    const auto end = rest.find('/');
    const auto segment = percent_decoded(rest.substr(0, end));
    if (segment == "." || segment == "..")
      return true;
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return false;
}

/// What is wrong with the text of a path, if anything.
std::optional<base::errc> path_fault(std::string_view path) {
  if (path.find('%') == std::string_view::npos && json::is_utf8(path))
    return std::nullopt;
  const auto decoded = percent_decoded(path);
  if (!decoded || is_treacherous(path, *decoded))
    return base::errc::invalid_request;
  if (!json::is_utf8(*decoded))
    return base::errc::invalid_utf8;
  return std::nullopt;
}

bool answers(const route& row, verb method) noexcept {
  return row.method == method || (method == head && row.method == get && row.handle != open_socket);
}

std::string_view name_of(verb method) noexcept {
  switch (method) {
  case post: return "POST";
  case put: return "PUT";
  case patch: return "PATCH";
  case del: return "DELETE";
  default: return "GET";
  }
}

void add_methods(std::string& allow, const route& row) {
  if (!allow.empty())
    allow += ", ";
  allow += name_of(row.method);
  if (row.method == get && row.handle != open_socket)
    allow += ", HEAD";
}

/// True where the reference answers a method that we lack with 404, as it knows no such path.
bool is_hidden_from(verb method, const route& row) noexcept {
  return row.handle == get_message && method == post;
}

/// The bases that have paths below them but are none themselves (contract 1.2).
bool is_bare_base(std::string_view path) noexcept {
  return path == "/api/inbox" || path == "/api/topics" || path == "/ws/agents";
}

} // namespace

std::span<const route> routes() noexcept { return table; }

direction find_route(verb method, std::string_view path) {
  direction found;
  found.index = table.size();
  if (const auto fault = path_fault(path)) {
    found.failure = *fault;
    return found;
  }
  if (!is_clean(path)) {
    found.location = cleaned(path);
    return found;
  }
  if (is_bare_base(path)) {
    found.location = std::string{path} + "/";
    return found;
  }
  std::string_view matched_path; // Rows of one path are one resource; the first that fits counts.
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!matched_path.empty() && table[i].path != matched_path)
      continue;
    const auto named = matched(patterns[i], path);
    if (!named)
      continue;
    matched_path = table[i].path;
    found.index = i;
    if (answers(table[i], method)) {
      found.row = &table[i];
      found.allow.clear();
      found.parameter = *percent_decoded(named->first);
      found.second = *percent_decoded(named->second);
      return found;
    }
    if (is_hidden_from(method, table[i])) {
      found.index = table.size();
      return found;
    }
    add_methods(found.allow, table[i]);
  }
  if (!matched_path.empty())
    found.failure = base::errc::method_not_allowed;
  return found;
}

} // namespace intermute::transport::http
