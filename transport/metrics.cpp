#include "transport/metrics.hpp"

#include "transport/http/routes.hpp"

#include <algorithm>
#include <string>

namespace intermute::transport {
namespace {

constexpr std::array<const char*, 4> class_names{"2xx", "3xx", "4xx", "5xx"};

} // namespace

metrics::metrics(observe::registry& to)
  : connections(to.add_gauge("intermute_http_connections", "Open HTTP connections.")),
    connections_refused(to.add_counter("intermute_http_connections_refused_total",
                                       "Connections refused above server.connections_max.")),
    requests_timed_out(to.add_counter("intermute_http_requests_unanswered_total",
                                      "Requests whose answer did not come in time.")),
    sockets(to.add_gauge("intermute_websocket_connections", "Open WebSockets.")),
    socket_frames(to.add_counter("intermute_websocket_frames_total", "Events sent to sockets.")),
    sockets_slow(to.add_counter("intermute_websocket_slow_closes_total",
                                "WebSockets closed because they read too slowly.")) {
  const auto add = [&](std::string_view id) {
    const std::string operation{id};
    per_route one;
    one.duration = &to.add_histogram("intermute_http_request_duration_seconds",
                                     "From the whole request to its answer.",
                                     observe::latency_bounds(), {{"operation", operation}});
    for (std::size_t i = 0; i < class_names.size(); ++i)
      one.classes[i] = &to.add_counter("intermute_http_responses_total",
                                       "Answers by operation and class of status.",
                                       {{"operation", operation}, {"class", class_names[i]}});
    routes_.push_back(one);
  };
  for (const auto& row : http::routes())
    add(row.id);
  add(http::unmatched_id);
}

void metrics::answered(std::size_t index, unsigned status, std::chrono::nanoseconds took) {
  const auto& one = routes_[index];
  one.duration->Observe(std::chrono::duration<double>(took).count());
  one.classes[std::clamp(status / 100, 2U, 5U) - 2]->Increment();
}

} // namespace intermute::transport
