#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Keeps the list of entries that want an acknowledgement and have none. The caller owns the
/// transaction.
class ack_ops {
public:
  [[nodiscard]] static base::result<ack_ops> open(const connection& db);

  /// One entry of an inbox.
  struct entry {
    std::int64_t project = 0;
    std::int64_t agent = 0;
    std::int64_t created_at = 0; ///< Of the message.
    cursor at = 0;               ///< Of the entry.
  };

  /// Adds an entry that is new.
  [[nodiscard]] base::result<void> add(const entry& what);

  /// Adds a stored entry, if it was not acknowledged.
  [[nodiscard]] base::result<void> add_open(const entry& what);

  /// Takes it off, if it is there.
  [[nodiscard]] base::result<void> remove(const entry& what);

private:
  statement add_;
  statement add_open_;
  statement remove_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> ack_ops_sql();

} // namespace intermute::storage::sqlite
