#pragma once

#include <chrono>
#include <cstdint>

namespace intermute::config {

/// What one WebSocket may hold back, send and subscribe to.
/// `docs/config.md` has one row per member, in this order.
struct websocket_config {
  std::uint32_t outbox_events_max = 1'000;        ///< Events; 1 to 1 000 000. Restart.
  std::uint64_t outbox_bytes_max = 1'048'576;     ///< Bytes; 1 KiB to 256 MiB. Restart.
  std::uint64_t send_buffer_bytes = 65'536;       ///< SO_SNDBUF; 4 KiB to 16 MiB. Restart.
  std::chrono::milliseconds idle_timeout{60'000}; ///< Ping after half; 10 ms to 24 h. Restart.
  std::uint64_t message_bytes_max = 32'768;       ///< Bytes received; 1 KiB to 16 MiB. Restart.
  std::uint32_t subscriptions_max = 8'192;        ///< Whole server; 1 to 1 000 000. Restart.
};

} // namespace intermute::config
