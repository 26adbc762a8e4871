#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Changes of agents. The caller owns the transaction.
class agent_ops {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<agent_ops> open(const connection& db, name_table& projects,
                                                    name_table& names);

  [[nodiscard]] base::result<void> put(const domain::agent& what);
  [[nodiscard]] base::result<void> touch(const touch_agents& what);
  /// Passed over if the agent is unknown.
  [[nodiscard]] base::result<void> set(const set_contact& what);

private:
  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement put_;
  statement touch_;
  statement add_contact_;
  statement remove_contact_;
};

/// Reads all agents with their contacts, in the order of registration.
class agent_list {
public:
  [[nodiscard]] static base::result<agent_list> open(const connection& db);

  [[nodiscard]] base::result<std::vector<domain::agent>> all();

private:
  /// Gives the agents their contacts. @param keys  Of `agents`, ascending.
  [[nodiscard]] base::result<void> read_contacts(const std::vector<std::int64_t>& keys,
                                                 std::vector<domain::agent>& agents);

  statement all_;
  statement contacts_;
};

/// Their SQL but for the lists of all, which are scans by their nature.
[[nodiscard]] std::vector<std::string_view> agent_ops_sql();

} // namespace intermute::storage::sqlite
