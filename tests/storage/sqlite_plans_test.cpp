#include "storage/sqlite/ack_ops.hpp"
#include "storage/sqlite/agent_ops.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/engine.hpp"
#include "storage/sqlite/event_log.hpp"
#include "storage/sqlite/inbox_queries.hpp"
#include "storage/sqlite/message_ops.hpp"
#include "storage/sqlite/message_queries.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/project_queries.hpp"
#include "storage/sqlite/reader.hpp"
#include "storage/sqlite/replay_ops.hpp"
#include "storage/sqlite/reservation_ops.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/thread_ops.hpp"
#include "storage/sqlite/thread_queries.hpp"
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

/// All statements but the lists of agents and of their contacts, which are scans by their nature.
std::vector<std::string_view> all_sql() {
  std::vector<std::string_view> all;
  for (const auto& some :
       {engine_sql(), name_table_sql(), agent_ops_sql(), message_ops_sql(), event_log_sql(),
        thread_ops_sql(), ack_ops_sql(), reservation_ops_sql(), replay_ops_sql(), reader_sql(),
        inbox_queries_sql(), message_queries_sql(), thread_queries_sql(), project_queries_sql()})
    all.insert(all.end(), some.begin(), some.end());
  return all;
}

connection empty_database() {
  auto db = value_of(connection::open_memory());
  for (const auto& step : migrations())
    require_ok(db.execute(std::string{step.sql}));
  return db;
}

} // namespace

TEST_CASE("no statement scans or sorts a table that grows", "[sqlite]") {
  const auto db = empty_database();
  const auto all = all_sql();
  REQUIRE(all.size() > 50);
  for (const auto sql : all)
    for (const auto& line : plan_of(db, sql)) {
      CAPTURE(sql, line);
      // Projects are few, and a constant row is no table.
      const bool harmless = line == "SCAN p" || line == "SCAN CONSTANT ROW"
                            || line == "SCAN p USING COVERING INDEX sqlite_autoindex_projects_1";
      REQUIRE((harmless || line.find("SCAN") == std::string::npos));
      REQUIRE(line.find("TEMP B-TREE") == std::string::npos);
    }
}

TEST_CASE("the inbox is read by all three columns of its key", "[sqlite]") {
  const auto db = empty_database();
  int pages = 0;
  auto all = inbox_queries_sql();
  for (const auto sql : event_log_sql())
    all.push_back(sql);
  for (const auto sql : all) {
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

TEST_CASE("every list is read by the index that is made for it", "[sqlite]") {
  struct expected {
    std::string sql;   ///< Part of the statement.
    std::string index; ///< Part of its plan.
  };
  const auto [sql, index] = GENERATE(values<expected>({
    {"a.created_at <= ?3", "SEARCH a USING PRIMARY KEY (project=? AND agent=? AND created_at<?)"},
    {"t.last_cursor < ?3", "threads_by_activity (project=? AND agent=? AND last_cursor<?)"},
    {"SELECT 1 FROM threads", "PRIMARY KEY (project=? AND agent=? AND thread=?)"},
    {"thread = ?2 AND thread <> ''", "messages_by_thread (project=? AND thread=? AND cursor>?)"},
    {"topic = ?2 AND topic <> ''", "messages_by_topic (project=? AND topic=? AND cursor>?)"},
    {"FROM late_entries", "PRIMARY KEY (project=? AND thread=? AND cursor>?)"},
    {"project = ?1 AND released_at IS NULL", "open_by_project (project=?)"},
    {"released_at IS NULL AND expires_at > ?2", "open_by_agent (agent=? AND expires_at>?)"},
    {"SELECT cursor FROM reservations", "open_by_agent (agent=?)"},
    {"FROM reservations WHERE agent = ?1", "reservations_by_agent (agent=?)"},
    {"r.pattern", "SEARCH r USING INDEX reservations_by_id (id=?)"},
    {"expires_at <= ?1", "replays_by_expiry (expires_at<?)"},
    {"FROM agents WHERE project = p.name", "agents_by_project (project=?)"},
    {"p.name >= ?1", "sqlite_autoindex_projects_1 (name>?)"},
  }));
  CAPTURE(sql, index);
  const auto db = empty_database();
  int found = 0;
  for (const auto one : all_sql()) {
    if (one.find(sql) == std::string_view::npos)
      continue;
    std::string plan;
    for (const auto& line : plan_of(db, one))
      plan += line + "\n";
    CAPTURE(one, plan);
    REQUIRE(plan.find(index) != std::string::npos);
    ++found;
  }
  REQUIRE(found == 1);
}

} // namespace intermute::test
