#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/open.hpp"

namespace intermute::storage::sqlite {

/// Sets what can be set only before the first table is made. For an empty file.
[[nodiscard]] base::result<void> set_format(connection& db, const sqlite_options& options);

/// Sets every setting of a connection and reads it back: what SQLite silently refused is told.
[[nodiscard]] base::result<void> set_pragmas(connection& db, access how,
                                             const sqlite_options& options);

} // namespace intermute::storage::sqlite
