#include "storage/sqlite/reservation_ops.hpp"

#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <utility>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

constexpr std::string_view insert_sql = R"sql(
  INSERT INTO reservations VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11))sql";

constexpr std::string_view by_id_sql = R"sql(
  SELECT cursor, id, project, agent, pattern, exclusive, reason, created_at, expires_at,
         released_at, ended
  FROM reservations WHERE id = ?1)sql"; // Served by reservations_by_id.

constexpr std::string_view by_cursor_sql = R"sql(
  SELECT cursor, id, project, agent, pattern, exclusive, reason, created_at, expires_at,
         released_at, ended
  FROM reservations WHERE cursor = ?1)sql"; // Served by the primary key.

constexpr std::string_view open_ones_sql = R"sql(
  SELECT cursor FROM reservations
  WHERE agent = ?1 AND released_at IS NULL)sql"; // Served by open_by_agent.

constexpr std::string_view end_sql = R"sql(
  UPDATE reservations SET released_at = ?2, ended = ?3
  WHERE cursor = ?1)sql"; // Served by the primary key.

constexpr std::string_view open_in_sql = R"sql(
  SELECT cursor, id, project, agent, pattern, exclusive, reason, created_at, expires_at,
         released_at, ended
  FROM reservations WHERE project = ?1 AND released_at IS NULL
  ORDER BY cursor)sql"; // Served by open_by_project.

constexpr std::string_view of_agent_sql = R"sql(
  SELECT cursor, id, project, agent, pattern, exclusive, reason, created_at, expires_at,
         released_at, ended
  FROM reservations WHERE agent = ?1
  ORDER BY cursor DESC)sql"; // Served by reservations_by_agent.

constexpr std::string_view holds_any_sql = R"sql(
  SELECT 1 FROM reservations
  WHERE agent = ?1 AND released_at IS NULL AND expires_at > ?2
  LIMIT 1)sql"; // Served by open_by_agent.

// One look at open_by_project for each project; there are few of them.
constexpr std::string_view projects_with_open_sql = R"sql(
  SELECT p.name FROM projects AS p
  WHERE EXISTS (SELECT 1 FROM reservations WHERE project = p.key AND released_at IS NULL)
  ORDER BY p.name)sql";

base::error corrupt_reservation(cursor at) {
  return {errc::storage_corrupt,
          "The reservation at cursor " + std::to_string(at)
            + " cannot be read from the database. Stop the server and restore the last good "
              "backup.",
          {}};
}

/// @param row  Columns as in the table.
result<reservation> read_reservation(const run& row, name_table& projects, name_table& names) {
  auto project = projects.name_of(row.integer(2));
  auto agent = project ? names.name_of(row.integer(3)) : project;
  if (!agent)
    return agent.why();
  reservation found;
  found.id = row.id(1).to_string();
  found.agent_id = std::move(*agent);
  found.project = std::move(*project);
  found.path_pattern = row.text(4);
  found.exclusive = row.integer(5) != 0;
  found.reason = row.text(6);
  found.created_at = base::from_nanoseconds(row.integer(7));
  found.expires_at = base::from_nanoseconds(row.integer(8));
  found.released_at = time_of(row, 9);
  if (row.is_null(10))
    return found;
  const auto ended = row.integer(10);
  if (ended < static_cast<std::int64_t>(domain::release_reason::released)
      || ended > static_cast<std::int64_t>(domain::release_reason::retired))
    return corrupt_reservation(row.position(0));
  found.ended = static_cast<domain::release_reason>(ended);
  return found;
}

event_kind event_of(domain::release_reason why) noexcept {
  return why == domain::release_reason::expired ? event_kind::reservation_expired
                                                : event_kind::reservation_released;
}

} // namespace

// ---- reservation_ops --------------------------------------------------------------------------

result<reservation_ops> reservation_ops::open(const connection& db, name_table& projects,
                                              name_table& names) {
  reservation_ops made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = put_into(made.events_, event_log::open(db));
  if (ready)
    ready = db.prepare({{&made.insert_, insert_sql},
                        {&made.by_id_, by_id_sql},
                        {&made.by_cursor_, by_cursor_sql},
                        {&made.open_ones_, open_ones_sql},
                        {&made.end_, end_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<put_reservation_outcome> reservation_ops::put(const put_reservation& what, cursor& last) {
  const auto& wanted = what.reservation;
  const auto at = last + 1;
  const auto project = projects_->find_or_add(wanted.project);
  const auto agent = project ? names_->find_or_add(wanted.agent_id) : project;
  if (!agent)
    return agent.why();
  std::optional<std::int64_t> released_at;
  if (wanted.released_at)
    released_at = base::to_nanoseconds(*wanted.released_at);
  std::optional<std::int64_t> ended;
  if (wanted.ended)
    ended = static_cast<std::int64_t>(*wanted.ended);
  const stored_id id{wanted.id};
  run row{insert_,
          at,
          id,
          *project,
          *agent,
          wanted.path_pattern,
          wanted.exclusive,
          wanted.reason,
          base::to_nanoseconds(wanted.created_at),
          base::to_nanoseconds(wanted.expires_at),
          released_at,
          ended};
  auto done = row.write();
  if (done)
    done = events_.append(
      {at, *project, event_kind::reservation_created, id, *agent, wanted.created_at, {}});
  if (!done)
    return done.why();
  last = at;
  return put_reservation_outcome{at};
}

result<end_reservations_outcome> reservation_ops::end(const end_reservations& what, cursor& last) {
  end_reservations_outcome done;
  auto at = last;
  for (const auto& id : what.ids) {
    auto found = find(id);
    if (!found)
      return found.why();
    if (*found)
      if (auto ended = end_one(std::move(**found), {what.why, what.at}, at, done); !ended)
        return ended.why();
  }
  last = at;
  return done;
}

result<end_reservations_outcome> reservation_ops::end_of(const end_reservations_of& what,
                                                         cursor& last) {
  end_reservations_outcome done;
  const auto agent = names_->find(what.agent_id);
  if (!agent)
    return agent.why();
  if (!*agent)
    return done;
  const auto all = open_ones(**agent);
  if (!all)
    return all.why();
  auto at = last;
  if (auto ended = end_all(*all, {what.why, what.at}, at, done); !ended)
    return ended.why();
  last = at;
  return done;
}

result<void> reservation_ops::end_all(const std::vector<cursor>& all, const ending& how,
                                      cursor& last, end_reservations_outcome& into) {
  for (const auto at : all) {
    auto found = result<held>{held{}};
    {
      run row{by_cursor_, at};
      const auto more = row.next();
      if (!more)
        return more.why();
      if (!*more)
        return corrupt_reservation(at);
      found = read_held(row);
    }
    if (!found)
      return found.why();
    if (auto ended = end_one(std::move(*found), how, last, into); !ended)
      return ended;
  }
  return {};
}

result<void> reservation_ops::end_one(held found, const ending& how, cursor& last,
                                      end_reservations_outcome& into) {
  auto& one = found.reservation;
  if (one.released_at)
    return {};
  const auto at = last + 1;
  run row{end_, found.at, base::to_nanoseconds(how.at), static_cast<int>(how.why)};
  auto done = row.write();
  if (done)
    done = events_.append(
      {at, found.project, event_of(how.why), stored_id{one.id}, found.agent, how.at, {}});
  if (!done)
    return done;
  one.released_at = how.at;
  one.ended = how.why;
  into.ended.push_back({at, std::move(one)});
  last = at;
  return {};
}

result<reservation_ops::held> reservation_ops::read_held(const run& row) {
  auto found = read_reservation(row, *projects_, *names_);
  if (!found)
    return found.why();
  return held{row.position(0), row.integer(2), row.integer(3), std::move(*found)};
}

result<std::optional<reservation_ops::held>> reservation_ops::find(const std::string& id) {
  run row{by_id_, stored_id{id}};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return std::optional<held>{};
  auto one = read_held(row);
  if (!one)
    return one.why();
  return std::optional{std::move(*one)};
}

result<std::vector<cursor>> reservation_ops::open_ones(std::int64_t agent) {
  std::vector<cursor> found;
  run rows{open_ones_, agent};
  auto read = for_each(rows, [&]() -> result<void> {
    found.push_back(rows.position(0));
    return {};
  });
  if (!read)
    return read.why();
  std::sort(found.begin(), found.end()); // The index is ordered by expiry.
  return found;
}

// ---- reservation_queries ----------------------------------------------------------------------

result<reservation_queries> reservation_queries::open(const connection& db, name_table& projects,
                                                      name_table& names) {
  reservation_queries made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = db.prepare({{&made.open_in_, open_in_sql},
                           {&made.of_agent_, of_agent_sql},
                           {&made.by_id_, by_id_sql},
                           {&made.holds_any_, holds_any_sql},
                           {&made.projects_with_open_, projects_with_open_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<std::vector<reservation>> reservation_queries::read_all(run& rows) {
  std::vector<reservation> found;
  auto read = for_each(rows, [&]() -> result<void> {
    auto one = read_reservation(rows, *projects_, *names_);
    if (!one)
      return one.why();
    found.push_back(std::move(*one));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

result<std::vector<reservation>> reservation_queries::open_in(const std::string& project) {
  const auto key = projects_->find(project);
  if (!key)
    return key.why();
  if (!*key)
    return std::vector<reservation>{};
  run rows{open_in_, **key};
  return read_all(rows);
}

result<std::vector<reservation>> reservation_queries::of_agent(const std::string& agent) {
  const auto key = names_->find(agent);
  if (!key)
    return key.why();
  if (!*key)
    return std::vector<reservation>{};
  run rows{of_agent_, **key};
  return read_all(rows);
}

result<std::optional<reservation>> reservation_queries::by_id(const std::string& id) {
  run row{by_id_, stored_id{id}};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return std::optional<reservation>{};
  auto one = read_reservation(row, *projects_, *names_);
  if (!one)
    return one.why();
  return std::optional{std::move(*one)};
}

result<bool> reservation_queries::holds_any(const std::string& agent, base::wall_time now) {
  const auto key = names_->find(agent);
  if (!key)
    return key.why();
  if (!*key)
    return false;
  run row{holds_any_, **key, base::to_nanoseconds(now)};
  return row.next();
}

result<std::vector<std::string>> reservation_queries::projects_with_open() {
  std::vector<std::string> found;
  run rows{projects_with_open_};
  auto read = for_each(rows, [&]() -> result<void> {
    found.emplace_back(rows.text(0));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

std::vector<std::string_view> reservation_ops_sql() {
  return {insert_sql,  by_id_sql,    by_cursor_sql, open_ones_sql,         end_sql,
          open_in_sql, of_agent_sql, holds_any_sql, projects_with_open_sql};
}

} // namespace intermute::storage::sqlite
