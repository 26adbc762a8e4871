#pragma once

#include <cstdint>

namespace intermute::config {

/// The thread that commits.
/// `docs/config.md` has one row per member, in this order.
struct writer_config {
  std::uint32_t batch_max = 512; ///< Changes per transaction; 1 to 4 096. Restart.
};

} // namespace intermute::config
