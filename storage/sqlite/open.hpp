#pragma once

#include "base/result.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace intermute::storage {

/// How the database file is opened.
struct sqlite_options {
  std::filesystem::path path;
  bool full_sync = true; ///< Sync at every commit. False loses the last commits in a power cut.
  std::uint32_t page_bytes = 8192;             ///< Of a new file: a power of two, 512 to 65,536.
  std::uint32_t cache_kib = 16384;             ///< Page cache of each connection, KiB.
  std::uint32_t checkpoint_pages = 4000;       ///< Pages of log from which it is checkpointed.
  std::chrono::milliseconds busy_timeout{200}; ///< How long a connection waits for a lock.
};

/// Opens the database file, or makes a new one, and takes `<path>.lock`.
///
/// Parent directories are made with mode 0700 and the file with 0600. Older schemas are migrated.
/// @returns `storage_busy` when another process holds the lock, `storage_corrupt` when the file
///          is no database or is damaged, `storage_failed` when it belongs to another program, is
///          of a newer version or cannot be set up. A file that is refused is left as it was.
[[nodiscard]] base::result<std::unique_ptr<store>> open_sqlite(const sqlite_options& options);

/// The version of the SQLite library that runs, e.g. `3.40.1`.
[[nodiscard]] std::string_view sqlite_version() noexcept;

/// The schema version that this program makes and migrates to.
[[nodiscard]] int sqlite_schema_version() noexcept;

} // namespace intermute::storage
