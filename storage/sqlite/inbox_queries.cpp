#include "storage/sqlite/inbox_queries.hpp"

#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::uint32_t page_max = 1000;

// The four below are served by the primary key of inbox, then by that of messages. The join is an
// outer one, so that a message that is missing is found out and not left out.
constexpr std::string_view page_up_sql = R"sql(
  SELECT i.cursor, i.kind, i.read_at, i.ack_at,
         m.cursor, m.project, m.id, m.sender, m.created_at, m.ack_required, m.checksum,
         m.recipients, m.importance, m.thread, m.topic, m.subject, m.body
  FROM inbox AS i LEFT JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
  WHERE i.project = ?1 AND i.agent = ?2 AND i.cursor > ?3 AND (?4 = 0 OR i.read_at IS NULL)
  ORDER BY i.cursor LIMIT ?5)sql";

constexpr std::string_view page_down_sql = R"sql(
  SELECT i.cursor, i.kind, i.read_at, i.ack_at,
         m.cursor, m.project, m.id, m.sender, m.created_at, m.ack_required, m.checksum,
         m.recipients, m.importance, m.thread, m.topic, m.subject, m.body
  FROM inbox AS i LEFT JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
  WHERE i.project = ?1 AND i.agent = ?2 AND i.cursor < ?3 AND (?4 = 0 OR i.read_at IS NULL)
  ORDER BY i.cursor DESC LIMIT ?5)sql";

constexpr std::string_view places_up_sql = R"sql(
  SELECT cursor FROM inbox
  WHERE project = ?1 AND agent = ?2 AND cursor > ?3 AND (?4 = 0 OR read_at IS NULL)
  ORDER BY cursor LIMIT ?5)sql";

constexpr std::string_view places_down_sql = R"sql(
  SELECT cursor FROM inbox
  WHERE project = ?1 AND agent = ?2 AND cursor < ?3 AND (?4 = 0 OR read_at IS NULL)
  ORDER BY cursor DESC LIMIT ?5)sql";

// One look at the primary key of inbox for each project; there are few of them.
constexpr std::string_view projects_of_sql = R"sql(
  SELECT p.key FROM projects AS p
  WHERE EXISTS (SELECT 1 FROM inbox WHERE project = p.key AND agent = ?1))sql";

constexpr std::string_view counts_sql = R"sql(
  SELECT count(*), count(*) - count(read_at) FROM inbox
  WHERE project = ?1 AND agent = ?2)sql"; // A range of the primary key.

// A range of the primary key of pending_acks, then the primary keys of inbox and messages; outer
// joins for the same reason as above.
constexpr std::string_view stale_acks_sql = R"sql(
  SELECT a.cursor, i.kind, i.read_at, i.ack_at,
         m.cursor, m.project, m.id, m.sender, m.created_at, m.ack_required, m.checksum,
         m.recipients, m.importance, m.thread, m.topic, m.subject, m.body
  FROM pending_acks AS a
  LEFT JOIN inbox AS i ON i.project = a.project AND i.agent = a.agent AND i.cursor = a.cursor
  LEFT JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
  WHERE a.project = ?1 AND a.agent = ?2 AND a.created_at <= ?3
  ORDER BY a.created_at, a.cursor LIMIT ?4)sql";

/// The bound that SQL compares with: descending from 0 means from the newest.
cursor bound_of(cursor since, bool descending) noexcept {
  return descending && since == 0 ? std::numeric_limits<cursor>::max() : since;
}

} // namespace

result<inbox_queries> inbox_queries::open(const connection& db, name_table& projects,
                                          name_table& names) {
  inbox_queries made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = db.prepare({{&made.page_up_, page_up_sql},
                           {&made.page_down_, page_down_sql},
                           {&made.places_up_, places_up_sql},
                           {&made.places_down_, places_down_sql},
                           {&made.projects_of_, projects_of_sql},
                           {&made.counts_, counts_sql},
                           {&made.stale_acks_, stale_acks_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<std::optional<inbox_queries::inbox_key>> inbox_queries::key_of(const std::string& project,
                                                                      const std::string& agent) {
  const auto project_key = projects_->find(project);
  const auto agent_key = project_key ? names_->find(agent) : project_key;
  if (!agent_key)
    return agent_key.why();
  if (!*project_key || !*agent_key)
    return std::optional<inbox_key>{};
  return std::optional{inbox_key{**project_key, **agent_key}};
}

result<std::vector<inbox_entry>> inbox_queries::find(const inbox_query& wanted) {
  const page_bounds bounds{wanted.since, wanted.descending, wanted.unread_only,
                           std::clamp(wanted.limit, 1U, page_max)};
  std::vector<inbox_entry> entries;
  auto read = result<void>{};
  if (wanted.project) {
    const auto key = key_of(*wanted.project, wanted.agent);
    if (!key)
      return key.why();
    if (*key)
      read = page(**key, bounds, entries);
  } else {
    const auto agent = names_->find(wanted.agent);
    if (!agent)
      return agent.why();
    if (*agent)
      read = spanning_page(**agent, bounds, entries);
  }
  if (!read)
    return read.why();
  return entries;
}

result<void> inbox_queries::page(const inbox_key& of, const page_bounds& bounds,
                                 std::vector<inbox_entry>& into) {
  run rows{bounds.descending ? page_down_ : page_up_, of.project,         of.agent,
           bound_of(bounds.since, bounds.descending), bounds.unread_only, bounds.limit};
  return read_all(rows, into);
}

result<void> inbox_queries::read_all(run& rows, std::vector<inbox_entry>& into) {
  return for_each(rows, [&]() -> result<void> {
    auto entry = read_entry(rows);
    if (!entry)
      return entry.why();
    into.push_back(std::move(*entry));
    return {};
  });
}

result<inbox_entry> inbox_queries::read_entry(const run& row) {
  constexpr int message_at = 4;
  inbox_entry entry;
  entry.at = row.position(0);
  if (row.is_null(message_at))
    return corrupt_message(entry.at, "is missing");
  const auto kind = row.integer(1);
  if (kind < 0 || kind > static_cast<std::int64_t>(domain::recipient_kind::bcc))
    return corrupt_message(entry.at, "has an inbox entry that cannot be read");
  entry.kind = static_cast<domain::recipient_kind>(kind);
  entry.read_at = time_of(row, 2);
  entry.ack_at = time_of(row, 3);
  const auto columns = read_row(row, message_at);
  if (!columns)
    return columns.why();
  auto stored = message_of(*columns, *projects_, *names_);
  if (!stored)
    return stored.why();
  entry.message = std::make_shared<const domain::message>(std::move(stored->message));
  return entry;
}

result<void> inbox_queries::spanning_page(std::int64_t agent, const page_bounds& bounds,
                                          std::vector<inbox_entry>& into) {
  const auto projects = projects_of(agent);
  if (!projects)
    return projects.why();
  std::vector<entry_place> found;
  const auto before = [&](const entry_place& a, const entry_place& b) {
    return bounds.descending ? a.at > b.at : a.at < b.at;
  };
  for (const auto project : *projects) {
    if (auto read = places({project, agent}, bounds, found); !read)
      return read;
    std::sort(found.begin(), found.end(), before);
    found.resize(std::min<std::size_t>(found.size(), bounds.limit));
  }
  for (const auto& one : found)
    if (auto read = page({one.project, agent}, {one.at - 1, false, false, 1}, into); !read)
      return read;
  return {};
}

result<std::vector<std::int64_t>> inbox_queries::projects_of(std::int64_t agent) {
  std::vector<std::int64_t> found;
  run rows{projects_of_, agent};
  auto read = for_each(rows, [&]() -> result<void> {
    found.push_back(rows.integer(0));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

result<void> inbox_queries::places(const inbox_key& of, const page_bounds& bounds,
                                   std::vector<entry_place>& into) {
  run rows{bounds.descending ? places_down_ : places_up_, of.project,         of.agent,
           bound_of(bounds.since, bounds.descending),     bounds.unread_only, bounds.limit};
  return for_each(rows, [&]() -> result<void> {
    into.push_back({rows.position(0), of.project});
    return {};
  });
}

result<inbox_snapshot> inbox_queries::load(const std::string& project, const std::string& agent,
                                           std::uint32_t tail_max) {
  inbox_snapshot loaded;
  loaded.complete = true;
  const auto key = key_of(project, agent);
  if (!key)
    return key.why();
  if (!*key)
    return loaded;
  {
    run row{counts_, (*key)->project, (*key)->agent};
    const auto counted = row.next();
    if (!counted)
      return counted.why();
    loaded.counts = {row.position(0), row.position(1)};
  }
  if (auto read = page(**key, {0, true, false, tail_max}, loaded.tail); !read)
    return read.why();
  std::reverse(loaded.tail.begin(), loaded.tail.end());
  loaded.complete = loaded.tail.size() == loaded.counts.total;
  return loaded;
}

result<std::vector<inbox_entry>> inbox_queries::stale_acks(const std::string& project,
                                                           const std::string& agent,
                                                           base::wall_time created_max,
                                                           std::uint32_t limit) {
  std::vector<inbox_entry> entries;
  const auto key = key_of(project, agent);
  if (!key)
    return key.why();
  if (!*key)
    return entries;
  run rows{stale_acks_, (*key)->project, (*key)->agent, base::to_nanoseconds(created_max),
           std::clamp(limit, 1U, page_max)};
  if (auto read = read_all(rows, entries); !read)
    return read.why();
  return entries;
}

std::vector<std::string_view> inbox_queries_sql() {
  return {page_up_sql,     page_down_sql, places_up_sql, places_down_sql,
          projects_of_sql, counts_sql,    stale_acks_sql};
}

} // namespace intermute::storage::sqlite
