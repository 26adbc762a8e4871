#include "storage/sqlite/thread_ops.hpp"

namespace intermute::storage::sqlite {

using base::result;

namespace {

// Served by the primary key.
constexpr std::string_view put_sql = R"sql(
  INSERT INTO threads VALUES (?1, ?2, ?3, ?4, ?5, 1)
  ON CONFLICT (project, agent, thread) DO UPDATE SET
    last_cursor = excluded.last_cursor, message = excluded.message,
    messages = messages + ?6)sql";

constexpr std::string_view add_late_sql = R"sql(
  INSERT INTO late_entries VALUES (?1, ?2, ?3, ?4))sql";

} // namespace

result<thread_ops> thread_ops::open(const connection& db) {
  thread_ops made;
  auto ready = db.prepare({{&made.put_, put_sql}, {&made.add_late_, add_late_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<void> thread_ops::count(const place& where, cursor message, cursor at) {
  return put(where, message, at, 1);
}

result<void> thread_ops::move(const place& where, cursor message, cursor at) {
  return put(where, message, at, 0);
}

result<void> thread_ops::put(const place& where, cursor message, cursor at, int more) {
  run row{put_, where.project, where.agent, where.thread, at, message, more};
  return row.write();
}

result<void> thread_ops::add_late(std::int64_t project, std::string_view thread, cursor message,
                                  cursor at) {
  run row{add_late_, project, thread, at, message};
  return row.write();
}

std::vector<std::string_view> thread_ops_sql() { return {put_sql, add_late_sql}; }

} // namespace intermute::storage::sqlite
