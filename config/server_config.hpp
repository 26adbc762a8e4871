#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::config {

/// Who runs the actors.
enum class scheduler_kind : std::uint8_t {
  asio,     ///< The io threads, between two reads of a socket.
  stealing, ///< CAF's own threads, for comparison.
};

/// The names of `scheduler_kind`, in its order.
inline constexpr std::array<std::string_view, 2> scheduler_names{"asio", "stealing"};

/// Where the server listens and how much it takes from one connection.
/// `docs/config.md` has one row per member, in this order.
struct server_config {
  std::string host = "127.0.0.1"; ///< IP address or "localhost". Beyond loopback the keys file must
                                  ///< have a key (`check_exposure`). Restart.
  std::uint16_t port = 7'338;     ///< 0 to 65 535; 0 picks a free one. Restart.
  std::string socket; ///< Path of a Unix socket, at most 107 bytes; empty means none. Restart.
  std::vector<std::string> allowed_hosts;           ///< Extra `Host` names; at most 64. Restart.
  std::uint32_t io_threads = 1;                     ///< Threads; 1 to 64. Restart.
  scheduler_kind scheduler = scheduler_kind::asio;  ///< Restart.
  std::chrono::milliseconds request_timeout{2'000}; ///< To the answer; 10 ms to 10 min. Restart.
  std::uint64_t header_bytes_max = 16'384;  ///< Bytes; 1 KiB to 1 MiB; beyond: 431. Restart.
  std::uint64_t body_bytes_max = 1'048'576; ///< Bytes; 1 KiB to 64 MiB; beyond: 413. Restart.
  std::chrono::milliseconds header_timeout{10'000}; ///< 10 ms to 10 min. Restart.
  std::uint64_t body_rate_min = 1'024;              ///< Bytes/s; 0 (no minimum) to 1 MiB. Restart.
  std::chrono::milliseconds idle_timeout{60'000};   ///< Between requests; 10 ms to 24 h. Restart.
  std::uint32_t connections_max = 8'192;            ///< Connections; 1 to 1 000 000. Restart.
  std::uint32_t pipeline_max = 16;                ///< Requests per connection; 1 to 1 024. Restart.
  std::chrono::milliseconds drain_timeout{5'000}; ///< To the last answer; 10 ms to 10 min. Restart.
};

} // namespace intermute::config
