#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Lists the projects.
class project_queries {
public:
  [[nodiscard]] static base::result<project_queries> open(const connection& db);

  [[nodiscard]] base::result<std::vector<project_summary>>
  page(const std::optional<std::string>& after, std::uint32_t limit);

private:
  statement page_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> project_queries_sql();

} // namespace intermute::storage::sqlite
