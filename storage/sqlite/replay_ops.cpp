#include "storage/sqlite/replay_ops.hpp"

namespace intermute::storage::sqlite {

using base::result;

namespace {

/// So many replies that are past their time go with every new one: more than come, so that they
/// never pile up, and few enough for no batch to notice.
constexpr int deleted_max = 4;

// Served by replays_by_expiry, then by the primary key.
constexpr std::string_view delete_old_sql = R"sql(
  DELETE FROM replays WHERE key IN
    (SELECT key FROM replays WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2))sql";

// Served by the UNIQUE index of the scope.
constexpr std::string_view put_sql = R"sql(
  INSERT INTO replays (scope, body, reply, expires_at) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT (scope) DO UPDATE SET
    body = excluded.body, reply = excluded.reply, expires_at = excluded.expires_at)sql";

constexpr std::string_view find_sql = R"sql(
  SELECT body, reply FROM replays
  WHERE scope = ?1 AND expires_at > ?2)sql"; // Served by the UNIQUE index of the scope.

} // namespace

result<replay_ops> replay_ops::open(const connection& db) {
  replay_ops made;
  auto ready = db.prepare({{&made.delete_old_, delete_old_sql}, {&made.put_, put_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<void> replay_ops::put(const put_replay& what) {
  // First, so that the new one is kept whatever its time is.
  run old{delete_old_, base::to_nanoseconds(what.at), deleted_max};
  if (auto done = old.write(); !done)
    return done;
  run row{put_, blob{what.scope}, blob{what.body}, blob{what.reply},
          base::to_nanoseconds(what.expires_at)};
  return row.write();
}

result<replay_queries> replay_queries::open(const connection& db) {
  replay_queries made;
  if (auto ready = db.prepare({{&made.find_, find_sql}}); !ready)
    return ready.why();
  return made;
}

result<std::optional<replay>> replay_queries::find(const std::string& scope, base::wall_time now) {
  run row{find_, blob{scope}, base::to_nanoseconds(now)};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return std::optional<replay>{};
  return std::optional{replay{std::string{row.bytes(0)}, std::string{row.bytes(1)}}};
}

std::vector<std::string_view> replay_ops_sql() { return {delete_old_sql, put_sql, find_sql}; }

} // namespace intermute::storage::sqlite
