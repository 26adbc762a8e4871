#pragma once

#include "observe/registry.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

namespace intermute::transport {

/// What transport counts. Made once, so that the hot path looks nothing up.
class metrics {
public:
  explicit metrics(observe::registry& to);

  /// Notes one answer of the route `index`; `routes().size()` stands for no route.
  void answered(std::size_t index, unsigned status, std::chrono::nanoseconds took);

  observe::gauge& connections;
  observe::counter& connections_refused;
  observe::counter& requests_timed_out;
  observe::gauge& sockets;
  observe::counter& socket_frames;
  observe::counter& sockets_slow;

private:
  struct per_route {
    observe::histogram* duration = nullptr;
    std::array<observe::counter*, 4> classes{}; ///< 2xx to 5xx.
  };
  std::vector<per_route> routes_;
};

} // namespace intermute::transport
