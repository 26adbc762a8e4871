#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::config {

/// When SQLite syncs the file.
enum class synchronous_mode : std::uint8_t {
  full,   ///< At every commit: an answered write survives a power cut.
  normal, ///< At checkpoints: a power cut may lose the last answered writes.
};

/// The names of `synchronous_mode`, in its order.
inline constexpr std::array<std::string_view, 2> synchronous_names{"full", "normal"};

/// The size of the pages of a database file.
enum class page_size : std::uint8_t { kib_4, kib_8, kib_16, kib_32, kib_64 };

/// The names of `page_size`, in its order: KiB.
inline constexpr std::array<std::string_view, 5> page_size_names{"4", "8", "16", "32", "64"};

/// Returns its bytes.
[[nodiscard]] constexpr std::uint32_t bytes_of(page_size value) noexcept {
  return 4'096U << static_cast<unsigned>(value);
}

/// The database file and its connections.
/// `docs/config.md` has one row per member, in this order.
struct storage_config {
  std::string path; ///< File; empty means `default_database_path()`. Restart.
  synchronous_mode synchronous = synchronous_mode::full; ///< Restart.
  page_size page_kib
    = page_size::kib_8;             ///< Of a new file; one that is there keeps its own. Restart.
  std::uint32_t cache_kib = 16'384; ///< KiB per connection; 64 to 4 194 304. Restart.
  std::uint32_t checkpoint_pages = 4'000;         ///< WAL pages; 1 to 1 000 000. Restart.
  std::uint32_t readers = 1;                      ///< Read-only connections; 1 to 64. Restart.
  std::uint32_t reader_queue = 1'024;             ///< Waiting reads; 1 to 65 536. Restart.
  std::chrono::milliseconds quick_check_ms{200};  ///< 0 (no check) to 1 min. Restart.
  std::chrono::milliseconds busy_timeout_ms{200}; ///< 0 to 1 min; at most
                                                  ///< `server.request_timeout`. Restart.
};

} // namespace intermute::config
