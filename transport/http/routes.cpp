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

constexpr std::array<route, 13> table{{
  {post, "/api/messages", "sendMessage", is_400, send_message},
  {get, "/api/inbox/{agent...}/counts", "countInbox", is_413, count_inbox},
  {get, "/api/inbox/{agent...}", "readInbox", is_413, read_inbox},
  {post, "/api/messages/{id}/ack", "ackMessage", is_413, mark_ack},
  {post, "/api/messages/{id}/read", "readMessage", is_413, mark_read},
  {post, "/api/agents/{id}/heartbeat", "heartbeatAgent", is_400, heartbeat},
  {get, "/health", "getHealth", is_413, get_health},
  {post, "/api/agents", "registerAgent", is_413, register_agent},
  {get, "/api/agents", "listAgents", is_413, list_agents},
  {get, "/api/agents/{id}", "getAgent", is_413, get_agent},
  {get, "/api/version", "getVersion", is_413, get_version},
  {get, "/metrics", "getMetrics", is_413, get_metrics},
  {get, "/ws/agents/{agent...}", "subscribeAgent", is_413, open_socket},
}};

constexpr bool ids_are_unique() {
  for (std::size_t i = 0; i < table.size(); ++i)
    for (std::size_t j = i + 1; j < table.size(); ++j)
      if (table[i].id == table[j].id)
        return false;
  return true;
}
static_assert(ids_are_unique(), "two routes share one operationId");

/// A path pattern taken apart: what stands before and behind its parameter.
struct pattern {
  std::string_view before;
  std::string_view behind;
  bool has_parameter = false;
  bool takes_rest = false;
};

constexpr pattern pattern_of(std::string_view path) {
  const auto open = path.find('{');
  if (open == std::string_view::npos)
    return {path, {}, false, false};
  const auto close = path.find('}');
  return {path.substr(0, open), path.substr(close + 1), true, path[close - 1] == '.'};
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

/// What stands for the parameter, still escaped; nothing if the path does not match.
std::optional<std::string_view> matched(const pattern& want, std::string_view path) noexcept {
  if (!want.has_parameter)
    return path == want.before ? std::optional{std::string_view{}} : std::nullopt;
  if (!path.starts_with(want.before))
    return std::nullopt;
  auto rest = path.substr(want.before.size());
  // A slash behind counts only where the rest of the path is a name with a fixed end.
  if (!want.takes_rest || want.behind.empty())
    rest = without_slashes_behind(rest);
  if (!rest.ends_with(want.behind))
    return std::nullopt;
  rest.remove_suffix(want.behind.size());
  const bool whole = want.takes_rest && want.behind.empty();
  if ((rest.empty() && !whole) || (!want.takes_rest && rest.find('/') != std::string_view::npos))
    return std::nullopt;
  return rest;
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

void add_methods(std::string& allow, const route& row) {
  if (!allow.empty())
    allow += ", ";
  allow += row.method == post ? "POST" : "GET";
  if (row.method == get && row.handle != open_socket)
    allow += ", HEAD";
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
  if (path == "/api/inbox" || path == "/ws/agents") {
    found.location = std::string{path} + "/";
    return found;
  }
  std::string_view matched_path; // Rows of one path are one resource; the first that fits counts.
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (!matched_path.empty() && table[i].path != matched_path)
      continue;
    const auto parameter = matched(patterns[i], path);
    if (!parameter)
      continue;
    matched_path = table[i].path;
    found.index = i;
    if (answers(table[i], method)) {
      found.row = &table[i];
      found.allow.clear();
      found.parameter = *percent_decoded(*parameter);
      return found;
    }
    add_methods(found.allow, table[i]);
  }
  if (!matched_path.empty())
    found.failure = base::errc::method_not_allowed;
  return found;
}

} // namespace intermute::transport::http
