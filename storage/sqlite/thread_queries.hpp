#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Reads the index of threads.
class thread_queries {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<thread_queries> open(const connection& db, name_table& projects,
                                                         name_table& names);

  [[nodiscard]] base::result<std::vector<thread_summary>>
  of_agent(const std::string& project, const std::string& agent, cursor below, std::uint32_t limit);

  /// For each of `agents`, in their order.
  [[nodiscard]] base::result<std::vector<bool>> hold(const std::string& project,
                                                     const std::string& thread,
                                                     const std::vector<std::string>& agents);

private:
  [[nodiscard]] base::result<thread_summary> read_summary(const run& row);
  [[nodiscard]] base::result<bool> holds(std::int64_t project, const std::string& thread,
                                         const std::string& agent);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement of_agent_;
  statement holds_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> thread_queries_sql();

} // namespace intermute::storage::sqlite
