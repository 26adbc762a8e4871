#pragma once

#include <chrono>
#include <cstdint>

namespace intermute::config {

/// When the server stops taking writes because the storage fails.
/// `docs/config.md` has one row per member, in this order.
struct breaker_config {
  std::uint32_t failures_max = 5;                  ///< Faults in a row; 1 to 1 000. Restart.
  std::chrono::milliseconds open_time{1'000};      ///< First pause, doubled; at most
                                                   ///< `open_time_max`; from 1 ms. Restart.
  std::chrono::milliseconds open_time_max{30'000}; ///< 1 ms to 1 h. Restart.
};

} // namespace intermute::config
