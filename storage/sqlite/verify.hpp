#pragma once

#include "storage/sqlite/engine.hpp"

#include <chrono>
#include <stop_token>

namespace intermute::storage::sqlite {

/// Looks for damaged pages and values (`PRAGMA quick_check`), then for messages that do not match
/// their checksum, on a connection of its own.
/// @returns True when all was looked at, false when `most` ran out or `stop` asked for the end;
///          `storage_corrupt` with what was found.
[[nodiscard]] base::result<bool> look_for_damage(const opened_file_ptr& file,
                                                 std::chrono::milliseconds most,
                                                 const std::stop_token& stop);

} // namespace intermute::storage::sqlite
