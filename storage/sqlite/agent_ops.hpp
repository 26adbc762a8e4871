#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/store.hpp"

#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Changes of agents. The caller owns the transaction.
class agent_ops {
public:
  [[nodiscard]] static base::result<agent_ops> open(const connection& db);

  [[nodiscard]] base::result<void> put(const domain::agent& what);
  [[nodiscard]] base::result<void> touch(const touch_agents& what);

private:
  statement put_;
  statement touch_;
};

/// Reads all agents in the order of registration.
class agent_list {
public:
  [[nodiscard]] static base::result<agent_list> open(const connection& db);

  [[nodiscard]] base::result<std::vector<domain::agent>> all();

private:
  statement all_;
};

/// Their SQL but for the list of all, which is a scan by its nature.
[[nodiscard]] std::vector<std::string_view> agent_ops_sql();

} // namespace intermute::storage::sqlite
