#pragma once

#include "base/clock.hpp"
#include "storage/sqlite/connection.hpp"

#include <optional>

namespace intermute::storage::sqlite {

/// Calls `take` for every row that is left; it returns `result<void>`, and a failure ends it.
template <class Take>
[[nodiscard]] base::result<void> for_each(run& rows, const Take& take) {
  for (;;) { // Ends: each step takes one row of a finite table.
    const auto more = rows.next();
    if (!more)
      return more.why();
    if (!*more)
      return {};
    if (auto taken = take(); !taken)
      return taken;
  }
}

/// The time in `column`; nothing if it is null.
[[nodiscard]] inline std::optional<base::wall_time> time_of(const run& row, int column) {
  if (row.is_null(column))
    return std::nullopt;
  return base::from_nanoseconds(row.integer(column));
}

} // namespace intermute::storage::sqlite
