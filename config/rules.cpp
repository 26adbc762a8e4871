#include "config/layers.hpp"
#include "config/loopback.hpp"

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

} // namespace

void check_rules(layers& all) {
  const auto& server = all.values.server;
  if (!is_loopback(server.host))
    reject(all, "server.host",
           '"' + server.host
             + "\" is not a loopback address; API keys arrive with a later version, so bind to "
               "127.0.0.1, ::1 or localhost");
  if (!all.broken.contains("server.allowed_hosts"))
    for (const auto& host : server.allowed_hosts)
      if (!is_host_name(host))
        reject(all, "server.allowed_hosts",
               '"' + host + "\" is not a host name; write it without scheme, port and path");
  if (all.values.storage.path.find('\0') != std::string::npos)
    reject(all, "storage.path", "a path cannot hold a zero byte");
  for (const auto& rule : order_rules)
    check_order(all, rule);
}

} // namespace intermute::config
