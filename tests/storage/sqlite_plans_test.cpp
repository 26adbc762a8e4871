#include "storage/sqlite/agent_ops.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/engine.hpp"
#include "storage/sqlite/message_ops.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/reader.hpp"
#include "storage/sqlite/schema.hpp"
#include "tests/storage/support.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace intermute::test {

using namespace storage::sqlite;

namespace {

std::vector<std::string> plan_of(const connection& db, std::string_view sql) {
  const auto explained = value_of(db.prepare("EXPLAIN QUERY PLAN " + std::string{sql}));
  std::vector<std::string> lines;
  run rows{explained};
  while (value_of(rows.next()))
    lines.emplace_back(rows.text(3));
  return lines;
}

} // namespace

TEST_CASE("no statement scans or sorts a table that grows", "[sqlite]") {
  auto db = value_of(connection::open_memory());
  for (const auto& step : migrations())
    require_ok(db.execute(std::string{step.sql}));
  std::vector<std::string_view> all;
  for (const auto& some :
       {engine_sql(), name_table_sql(), agent_ops_sql(), message_ops_sql(), reader_sql()})
    all.insert(all.end(), some.begin(), some.end());
  REQUIRE(all.size() > 20);
  for (const auto sql : all)
    for (const auto& line : plan_of(db, sql)) {
      CAPTURE(sql, line);
      // Projects are few, and a constant row is no table.
      const bool harmless = line == "SCAN p" || line == "SCAN CONSTANT ROW";
      REQUIRE((harmless || line.find("SCAN") == std::string::npos));
      REQUIRE(line.find("TEMP B-TREE") == std::string::npos);
    }
}

TEST_CASE("the inbox is read by all three columns of its key", "[sqlite]") {
  auto db = value_of(connection::open_memory());
  for (const auto& step : migrations())
    require_ok(db.execute(std::string{step.sql}));
  int pages = 0;
  for (const auto sql : reader_sql()) {
    if (sql.find("FROM inbox") == std::string_view::npos
        || sql.find("cursor") == std::string_view::npos)
      continue;
    bool keyed = false;
    for (const auto& line : plan_of(db, sql))
      keyed = keyed || line.find("(project=? AND agent=? AND cursor") != std::string::npos;
    CAPTURE(sql);
    REQUIRE(keyed);
    ++pages;
  }
  REQUIRE(pages == 5);
}

} // namespace intermute::test
