#pragma once

#include "storage/sqlite/connection.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace intermute::storage::sqlite {

/// Marks a file as ours: `IMUT`.
inline constexpr std::uint32_t application_id = 0x494D5554;

/// One step of the schema, forward only. Once released its text never changes.
struct migration {
  int version; ///< `user_version` after it; counts up from 1.
  std::string_view sql;
};

/// All migrations in order.
[[nodiscard]] std::span<const migration> migrations() noexcept;

/// The version that this program writes and reads.
[[nodiscard]] int schema_version() noexcept;

/// Brings the file to `schema_version()`, each migration in one transaction, and checks it.
[[nodiscard]] base::result<void> migrate(connection& db);

/// Compares every table and index with what the migrations make in an empty database.
/// Additional ones are allowed.
[[nodiscard]] base::result<void> check_schema(const connection& db);

} // namespace intermute::storage::sqlite
