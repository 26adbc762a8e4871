#include "config/layers.hpp"
#include "config/loopback.hpp"

#include <sys/un.h>

#include <array>

namespace intermute::config {
namespace {

void reject(layers& all, std::string_view path, const std::string& what) {
  all.problems.push_back({all.origin_of(path).where, std::string{path} + ": " + what});
}

/// `less` must not be above `more`.
struct order_rule {
  std::string_view less;
  std::string_view more;
};

constexpr std::size_t socket_path_max = sizeof(sockaddr_un::sun_path) - 1;

constexpr std::array<order_rule, 3> order_rules{{
  // A wait beyond the deadline would be answered 504 whatever the file says.
  {"storage.busy_timeout_ms", "server.request_timeout"},
  {"actors.restart_pause", "actors.restart_pause_max"},
  {"breaker.open_time", "breaker.open_time_max"},
}};

void check_order(layers& all, const order_rule& rule) {
  if (all.broken.contains(rule.less) || all.broken.contains(rule.more))
    return;
  const auto* const less = find_key(rule.less);
  const auto* const more = find_key(rule.more);
  const auto value = less->read(all.values);
  const auto bound = more->read(all.values);
  if (value <= bound)
    return;
  // Blame what somebody wrote, not a default.
  const auto blamed = all.origins.contains(rule.less) ? rule.less : rule.more;
  all.problems.push_back({all.origin_of(blamed).where, less->path + ": " + render(less->rule, value)
                                                         + " is above " + more->path + " ("
                                                         + render(more->rule, bound) + ')'});
}

/// Paths go to the system, which reads them up to the first zero byte.
void check_path(layers& all, std::string_view key, const std::string& path) {
  if (path.find('\0') != std::string::npos)
    reject(all, key, "a path cannot hold a zero byte");
}

void check_socket(layers& all) {
  const auto& path = all.values.server.socket;
  check_path(all, "server.socket", path);
  if (path.size() > socket_path_max)
    reject(all, "server.socket",
           std::to_string(path.size())
             + " bytes are too long for the path of a Unix socket; at most "
             + std::to_string(socket_path_max) + " fit");
}

} // namespace

void check_rules(layers& all) {
  const auto& server = all.values.server;
  if (!is_listen_host(server.host))
    reject(all, "server.host",
           '"' + server.host
             + "\" is not an IP address and not localhost; write for example 127.0.0.1, ::1, or "
               "0.0.0.0 for all addresses");
  if (!all.broken.contains("server.allowed_hosts"))
    for (const auto& host : server.allowed_hosts)
      if (!is_host_name(host))
        reject(all, "server.allowed_hosts",
               '"' + host + "\" is not a host name; write it without scheme, port and path");
  check_path(all, "storage.path", all.values.storage.path);
  check_path(all, "auth.keys_file", all.values.auth.keys_file);
  check_socket(all);
  for (const auto& rule : order_rules)
    check_order(all, rule);
}

} // namespace intermute::config
