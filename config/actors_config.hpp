#pragma once

#include <chrono>
#include <cstdint>

namespace intermute::config {

/// How long actors stay, how much they keep, and how they are restarted.
/// `docs/config.md` has one row per member, in this order.
struct actors_config {
  std::chrono::milliseconds idle_timeout{60'000}; ///< Until passivation; 10 ms to 24 h. Restart.
  std::uint32_t inbox_resident_max = 20'000;      ///< Inbox actors; 1 to 10 000 000. Restart.
  std::uint32_t inbox_tail_max = 1'000;           ///< Entries per inbox; 1 to 100 000. Restart.
  std::uint64_t tail_bytes_budget = 67'108'864;   ///< Bytes, all inboxes; 4 KiB to 64 GiB. Restart.
  std::chrono::milliseconds restart_pause{50};    ///< First back-off, doubled; at most
                                                  ///< `restart_pause_max`; from 1 ms. Restart.
  std::chrono::milliseconds restart_pause_max{5'000}; ///< 1 ms to 10 min. Restart.
  std::uint32_t restarts_max = 5;                     ///< In `restart_window`; 0 to 1 000. Restart.
  std::chrono::milliseconds restart_window{10'000};   ///< 1 ms to 24 h. Restart.
  std::uint32_t max_throughput = 50;                  ///< Messages per turn; 1 to 10 000. Restart.
};

} // namespace intermute::config
