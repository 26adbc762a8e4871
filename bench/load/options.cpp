#include "bench/load/options.hpp"

#include <array>

namespace intermute::bench {

const char* to_string(workload value) noexcept {
  constexpr std::array names{"health",    "send",    "inbox", "poll",  "mixed",
                             "heartbeat", "reserve", "check", "fleet", "ws-fanout"};
  static_assert(names.size() == workloads);
  return names.at(static_cast<std::size_t>(value));
}

const char* to_string(operation value) noexcept {
  constexpr std::array names{"health",  "send",    "inbox", "poll", "heartbeat",
                             "reserve", "release", "check", "ack",  "register"};
  static_assert(names.size() == operations);
  return names.at(static_cast<std::size_t>(value));
}

} // namespace intermute::bench
