#include "storage/sqlite/event_log.hpp"

#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <utility>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

constexpr std::string_view append_sql = R"sql(
  INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7))sql";

// Entries of the agent by the primary key of inbox; all else by events_by_project, with the
// pattern by reservations_by_id. Outer joins: what is missing is found out and not left out.
constexpr std::string_view events_sql = R"sql(
  SELECT i.cursor, 1, m.id, CASE WHEN i.message IS NULL THEN m.created_at
                            ELSE (SELECT created_at FROM events WHERE cursor = i.cursor) END,
         NULL, NULL
  FROM inbox AS i LEFT JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
  WHERE i.project = ?1 AND i.agent = ?2 AND i.cursor > ?3
  UNION ALL
  SELECT e.cursor, e.kind, e.message_id, e.created_at, e.agent, r.pattern
  FROM events AS e LEFT JOIN reservations AS r ON e.kind >= 4 AND r.id = e.message_id
  WHERE e.project = ?1 AND e.cursor > ?3 AND e.kind <> 1
  ORDER BY 1 LIMIT ?4)sql";

base::error corrupt_event(cursor at, std::string_view what) {
  return {errc::storage_corrupt,
          "The event at cursor " + std::to_string(at) + " " + std::string{what}
            + ". Stop the server and restore the last good backup.",
          {}};
}

} // namespace

result<event_log> event_log::open(const connection& db) {
  event_log made;
  if (auto ready = db.prepare({{&made.append_, append_sql}}); !ready)
    return ready.why();
  return made;
}

result<void> event_log::append(const entry& what) {
  run row{append_,
          what.at,
          what.project,
          static_cast<int>(what.kind),
          what.subject,
          what.agent,
          base::to_nanoseconds(what.created_at),
          what.message};
  return row.write();
}

result<event_queries> event_queries::open(const connection& db, name_table& projects,
                                          name_table& names) {
  event_queries made;
  made.projects_ = &projects;
  made.names_ = &names;
  if (auto ready = db.prepare({{&made.events_, events_sql}}); !ready)
    return ready.why();
  return made;
}

result<event_page> event_queries::page(const event_query& wanted) {
  event_page found;
  if (auto read = project_events(wanted.project, wanted, found.events); !read)
    return read.why();
  if (!wanted.project.empty()) {
    if (auto read = project_events({}, wanted, found.events); !read)
      return read.why();
    std::sort(found.events.begin(), found.events.end(),
              [](const event& a, const event& b) { return a.at < b.at; });
  }
  const std::size_t limit = std::max(1U, wanted.limit);
  found.more = found.events.size() > limit;
  if (found.more)
    found.events.resize(limit);
  return found;
}

result<void> event_queries::project_events(const std::string& project, const event_query& wanted,
                                           std::vector<event>& into) {
  const auto project_key = projects_->find(project);
  const auto agent_key = project_key ? names_->find(wanted.agent) : project_key;
  if (!agent_key)
    return agent_key.why();
  if (!*project_key)
    return {};
  // One more than wanted tells whether there are more. No agent has the key 0.
  const auto limit = static_cast<std::int64_t>(std::max(1U, wanted.limit)) + 1;
  run rows{events_, **project_key, agent_key->value_or(0), wanted.since, limit};
  return for_each(rows, [&]() -> result<void> {
    auto one = read_event(rows, wanted);
    if (!one)
      return one.why();
    one->project = project;
    into.push_back(std::move(*one));
    return {};
  });
}

result<event> event_queries::read_event(const run& row, const event_query& wanted) {
  event one;
  one.at = row.position(0);
  if (row.is_null(2) || row.is_null(3))
    return corrupt_message(one.at, "is missing");
  const auto kind = row.integer(1);
  if (kind < static_cast<std::int64_t>(event_kind::message_created)
      || kind > static_cast<std::int64_t>(domain::last_event_kind))
    return corrupt_event(one.at, "cannot be read");
  one.kind = static_cast<event_kind>(kind);
  one.created_at = base::from_nanoseconds(row.integer(3));
  if (one.kind == event_kind::message_created)
    one.recipients.push_back(wanted.agent);
  auto subject = row.id(2).to_string();
  if (!domain::is_of_reservation(one.kind)) {
    one.message_id = std::move(subject);
    return one;
  }
  if (row.is_null(4) || row.is_null(5))
    return corrupt_event(one.at, "is of a reservation that is missing");
  auto holder = names_->name_of(row.integer(4));
  if (!holder)
    return holder.why();
  one.reservation_id = std::move(subject);
  one.agent = std::move(*holder);
  one.path_pattern = row.text(5);
  return one;
}

std::vector<std::string_view> event_log_sql() { return {append_sql, events_sql}; }

} // namespace intermute::storage::sqlite
