#pragma once

#include <chrono>
#include <cstdint>

namespace intermute::config {

/// How much one project or agent may do and keep.
/// `docs/config.md` has one row per member, in this order.
struct limits_config {
  std::uint32_t broadcasts_per_minute = 10;   ///< Per project and sender; 1 to 100 000. Live.
  std::uint32_t reservations_per_agent = 100; ///< Active, per project; 1 to 100 000. Live.
  std::chrono::milliseconds idempotency_keep{86'400'000}; ///< 1 min to 720 h. Live.
  std::uint32_t rate_keys_max = 10'000;      ///< Senders counted at a time; 1 to 10 000 000. Live.
  std::uint32_t contacts_max = 1'000;        ///< Per agent; 1 to 100 000. Live.
  std::uint64_t metadata_bytes_max = 65'536; ///< Bytes per agent; 1 KiB to 16 MiB. Live.
};

} // namespace intermute::config
