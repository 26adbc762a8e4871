#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Keeps replies to requests with an Idempotency-Key. The caller owns the transaction.
class replay_ops {
public:
  [[nodiscard]] static base::result<replay_ops> open(const connection& db);

  [[nodiscard]] base::result<void> put(const put_replay& what);

private:
  statement delete_old_;
  statement put_;
};

/// Finds kept replies.
class replay_queries {
public:
  [[nodiscard]] static base::result<replay_queries> open(const connection& db);

  [[nodiscard]] base::result<std::optional<replay>> find(const std::string& scope,
                                                         base::wall_time now);

private:
  statement find_;
};

/// Their SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> replay_ops_sql();

} // namespace intermute::storage::sqlite
