#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Keeps the index of threads: what each agent sent and received. The caller owns the transaction.
class thread_ops {
public:
  [[nodiscard]] static base::result<thread_ops> open(const connection& db);

  /// One thread as one agent sees it.
  struct place {
    std::int64_t project = 0;
    std::int64_t agent = 0;
    std::string_view thread; ///< Not empty.
  };

  /// The agent sent or received `message` for the first time.
  /// @param at  Of its entry; higher than all before.
  [[nodiscard]] base::result<void> count(const place& where, cursor message, cursor at);

  /// The agent gets an entry of a message that it has sent.
  [[nodiscard]] base::result<void> move(const place& where, cursor message, cursor at);

  /// `message` got late recipients, whose entries are at `at`.
  [[nodiscard]] base::result<void> add_late(std::int64_t project, std::string_view thread,
                                            cursor message, cursor at);

private:
  [[nodiscard]] base::result<void> put(const place& where, cursor message, cursor at, int more);

  statement put_;
  statement add_late_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> thread_ops_sql();

} // namespace intermute::storage::sqlite
