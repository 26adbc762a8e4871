#include "storage/sqlite/project_queries.hpp"

#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::uint32_t page_max = 1000;

// Served by the UNIQUE index of the name, the count by agents_by_project.
constexpr std::string_view page_sql = R"sql(
  SELECT p.name,
         (SELECT count(*) FROM agents WHERE project = p.name AND retired_at IS NULL)
  FROM projects AS p WHERE p.name >= ?1
  ORDER BY p.name LIMIT ?2)sql";

} // namespace

result<project_queries> project_queries::open(const connection& db) {
  project_queries made;
  if (auto ready = db.prepare({{&made.page_, page_sql}}); !ready)
    return ready.why();
  return made;
}

result<std::vector<project_summary>> project_queries::page(const std::optional<std::string>& after,
                                                           std::uint32_t limit) {
  // The name that comes next after `after` in the order of bytes, whether or not there is one.
  const auto first = after ? *after + '\0' : std::string{};
  std::vector<project_summary> found;
  run rows{page_, first, std::clamp(limit, 1U, page_max)};
  auto read = for_each(rows, [&]() -> result<void> {
    found.push_back({std::string{rows.text(0)}, rows.position(1)});
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

std::vector<std::string_view> project_queries_sql() { return {page_sql}; }

} // namespace intermute::storage::sqlite
