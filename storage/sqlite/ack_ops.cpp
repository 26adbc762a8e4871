#include "storage/sqlite/ack_ops.hpp"

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::string_view add_sql = R"sql(
  INSERT INTO pending_acks VALUES (?1, ?2, ?3, ?4))sql";

constexpr std::string_view add_open_sql = R"sql(
  INSERT INTO pending_acks
  SELECT ?1, ?2, ?3, ?4 FROM inbox
  WHERE project = ?1 AND agent = ?2 AND cursor = ?4 AND ack_at IS NULL)sql"; // By primary key.

constexpr std::string_view remove_sql = R"sql(
  DELETE FROM pending_acks
  WHERE project = ?1 AND agent = ?2 AND created_at = ?3 AND cursor = ?4)sql"; // By primary key.

} // namespace

result<ack_ops> ack_ops::open(const connection& db) {
  ack_ops made;
  auto ready = db.prepare(
    {{&made.add_, add_sql}, {&made.add_open_, add_open_sql}, {&made.remove_, remove_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<void> ack_ops::add(const entry& what) {
  run row{add_, what.project, what.agent, what.created_at, what.at};
  return row.write();
}

result<void> ack_ops::add_open(const entry& what) {
  run row{add_open_, what.project, what.agent, what.created_at, what.at};
  return row.write();
}

result<void> ack_ops::remove(const entry& what) {
  run row{remove_, what.project, what.agent, what.created_at, what.at};
  return row.write();
}

std::vector<std::string_view> ack_ops_sql() { return {add_sql, add_open_sql, remove_sql}; }

} // namespace intermute::storage::sqlite
