#include "storage/sqlite/reader.hpp"

#include "storage/sqlite/pragmas.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

/// A snapshot that lives longer keeps the log from being recycled.
constexpr std::chrono::milliseconds snapshot_max{1000};

constexpr std::uint32_t page_max = 1000;

constexpr std::string_view high_water_sql = R"sql(
  SELECT high_water FROM state WHERE id = 1)sql";

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

// Entries of the agent by the primary key of inbox; reads and acks by events_by_project.
constexpr std::string_view events_sql = R"sql(
  SELECT i.cursor, 1, m.id, CASE WHEN i.message IS NULL THEN m.created_at
                            ELSE (SELECT created_at FROM events WHERE cursor = i.cursor) END
  FROM inbox AS i LEFT JOIN messages AS m ON m.cursor = ifnull(i.message, i.cursor)
  WHERE i.project = ?1 AND i.agent = ?2 AND i.cursor > ?3
  UNION ALL
  SELECT cursor, kind, message_id, created_at FROM events
  WHERE project = ?1 AND cursor > ?3 AND kind <> 1
  ORDER BY 1 LIMIT ?4)sql";

constexpr std::string_view check_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE cursor > ?1 ORDER BY cursor LIMIT ?2)sql"; // A range of the primary key.

/// The bound that SQL compares with: descending from 0 means from the newest.
cursor bound_of(cursor since, bool descending) noexcept {
  return descending && since == 0 ? std::numeric_limits<cursor>::max() : since;
}

std::optional<base::wall_time> time_of(const run& row, int column) {
  if (row.is_null(column))
    return std::nullopt;
  return base::from_nanoseconds(row.integer(column));
}

/// Calls `take` for every row; it returns `result<void>`.
template <class Take>
result<void> for_each(run& rows, const Take& take) {
  for (;;) { // Ends: each step takes one row of a finite table.
    const auto more = rows.next();
    if (!more)
      return more.why();
    if (!*more)
      return {};
    if (auto taken = take(); !taken)
      return taken;
  }
}

} // namespace

sqlite_reader::sqlite_reader(opened_file_ptr file, connection db)
  : file_(std::move(file)), db_(std::move(db)) {}

result<std::unique_ptr<sqlite_reader>> sqlite_reader::open(opened_file_ptr file) {
  const auto& options = file->options;
  auto db = connection::open(options.path.string(), access::read, options.busy_timeout);
  if (!db)
    return db.why();
  if (auto set = set_pragmas(*db, access::read, options); !set)
    return set.why();
  std::unique_ptr<sqlite_reader> made{new sqlite_reader{std::move(file), std::move(*db)}};
  if (auto ready = made->prepare(); !ready)
    return ready.why();
  return made;
}

result<void> sqlite_reader::prepare() {
  auto snapshots = snapshots::open(db_);
  if (!snapshots)
    return snapshots.why();
  snapshots_ = std::move(*snapshots);
  auto projects = name_table::open(db_, names_of::projects, access::read);
  auto names = projects ? name_table::open(db_, names_of::agents, access::read) : projects.why();
  if (!names)
    return names.why();
  projects_ = std::move(*projects);
  names_ = std::move(*names);
  auto agents = agent_list::open(db_);
  if (!agents)
    return agents.why();
  agents_ = std::move(*agents);
  return db_.prepare({{&high_water_, high_water_sql},
                      {&page_up_, page_up_sql},
                      {&page_down_, page_down_sql},
                      {&places_up_, places_up_sql},
                      {&places_down_, places_down_sql},
                      {&projects_of_, projects_of_sql},
                      {&counts_, counts_sql},
                      {&events_, events_sql},
                      {&check_, check_sql}});
}

result<std::vector<domain::agent>> sqlite_reader::agents() {
  return snapshots_->in_one(snapshot_max, [&] { return agents_.all(); });
}

result<cursor> sqlite_reader::high_water() {
  run row{high_water_};
  const auto found = row.next();
  if (!found)
    return found.why();
  return row.position(0);
}

// ---- Inbox ------------------------------------------------------------------------------------

result<std::vector<inbox_entry>> sqlite_reader::inbox(const inbox_query& wanted) {
  const page_bounds bounds{wanted.since, wanted.descending, wanted.unread_only,
                           std::clamp(wanted.limit, 1U, page_max)};
  return snapshots_->in_one(snapshot_max, [&]() -> result<std::vector<inbox_entry>> {
    std::vector<inbox_entry> entries;
    const auto agent = names_.find(wanted.agent);
    if (!agent)
      return agent.why();
    if (!*agent)
      return entries;
    if (!wanted.project) {
      if (auto read = spanning_page(**agent, bounds, entries); !read)
        return read.why();
      return entries;
    }
    const auto project = projects_.find(*wanted.project);
    if (!project)
      return project.why();
    if (*project)
      if (auto read = page({**project, **agent}, bounds, entries); !read)
        return read.why();
    return entries;
  });
}

result<void> sqlite_reader::page(const inbox_key& of, const page_bounds& bounds,
                                 std::vector<inbox_entry>& into) {
  run rows{bounds.descending ? page_down_ : page_up_, of.project,         of.agent,
           bound_of(bounds.since, bounds.descending), bounds.unread_only, bounds.limit};
  return for_each(rows, [&]() -> result<void> {
    auto entry = read_entry(rows);
    if (!entry)
      return entry.why();
    into.push_back(std::move(*entry));
    return {};
  });
}

result<inbox_entry> sqlite_reader::read_entry(const run& row) {
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
  auto stored = message_of(*columns, projects_, names_);
  if (!stored)
    return stored.why();
  entry.message = std::make_shared<const domain::message>(std::move(stored->message));
  return entry;
}

result<void> sqlite_reader::spanning_page(std::int64_t agent, const page_bounds& bounds,
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

result<std::vector<std::int64_t>> sqlite_reader::projects_of(std::int64_t agent) {
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

result<void> sqlite_reader::places(const inbox_key& of, const page_bounds& bounds,
                                   std::vector<entry_place>& into) {
  run rows{bounds.descending ? places_down_ : places_up_, of.project,         of.agent,
           bound_of(bounds.since, bounds.descending),     bounds.unread_only, bounds.limit};
  return for_each(rows, [&]() -> result<void> {
    into.push_back({rows.position(0), of.project});
    return {};
  });
}

result<inbox_snapshot> sqlite_reader::load_inbox(const std::string& project,
                                                 const std::string& agent, std::uint32_t tail_max) {
  return snapshots_->in_one(snapshot_max, [&]() -> result<inbox_snapshot> {
    inbox_snapshot loaded;
    const auto high = high_water();
    if (!high)
      return high.why();
    loaded.high_water = *high;
    loaded.complete = true;
    const auto project_key = projects_.find(project);
    const auto agent_key = project_key ? names_.find(agent) : project_key;
    if (!agent_key)
      return agent_key.why();
    if (!*project_key || !*agent_key)
      return loaded;
    const inbox_key key{**project_key, **agent_key};
    {
      run row{counts_, key.project, key.agent};
      const auto counted = row.next();
      if (!counted)
        return counted.why();
      loaded.counts = {row.position(0), row.position(1)};
    }
    if (auto read = page(key, {0, true, false, tail_max}, loaded.tail); !read)
      return read.why();
    std::reverse(loaded.tail.begin(), loaded.tail.end());
    loaded.complete = loaded.tail.size() == loaded.counts.total;
    return loaded;
  });
}

// ---- Events -----------------------------------------------------------------------------------

result<event_page> sqlite_reader::events(const event_query& wanted) {
  return snapshots_->in_one(snapshot_max, [&]() -> result<event_page> {
    event_page found;
    const auto high = high_water();
    if (!high)
      return high.why();
    found.high_water = *high;
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
  });
}

result<void> sqlite_reader::project_events(const std::string& project, const event_query& wanted,
                                           std::vector<event>& into) {
  const auto project_key = projects_.find(project);
  const auto agent_key = project_key ? names_.find(wanted.agent) : project_key;
  if (!agent_key)
    return agent_key.why();
  if (!*project_key)
    return {};
  // One more than wanted tells whether there are more. No agent has the key 0.
  const auto limit = static_cast<std::int64_t>(std::max(1U, wanted.limit)) + 1;
  run rows{events_, **project_key, agent_key->value_or(0), wanted.since, limit};
  return for_each(rows, [&]() -> result<void> {
    event one;
    one.at = rows.position(0);
    if (rows.is_null(2) || rows.is_null(3))
      return corrupt_message(one.at, "is missing");
    const auto kind = rows.integer(1);
    if (kind < static_cast<std::int64_t>(event_kind::message_created)
        || kind > static_cast<std::int64_t>(event_kind::message_ack))
      return corrupt_message(one.at, "has an event that cannot be read");
    one.kind = static_cast<event_kind>(kind);
    one.project = project;
    one.message_id = rows.id(2).to_string();
    if (one.kind == event_kind::message_created)
      one.recipients.push_back(wanted.agent);
    one.created_at = base::from_nanoseconds(rows.integer(3));
    into.push_back(std::move(one));
    return {};
  });
}

// ---- Verification -----------------------------------------------------------------------------

result<std::optional<cursor>> sqlite_reader::check_messages(cursor since, std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max, [&]() -> result<std::optional<cursor>> {
    std::optional<cursor> last;
    run rows{check_, since, limit};
    auto read = for_each(rows, [&]() -> result<void> {
      const auto row = read_row(rows, 0);
      if (!row)
        return row.why();
      last = row->at;
      return {};
    });
    if (!read)
      return read.why();
    return last;
  });
}

std::vector<std::string_view> reader_sql() {
  return {high_water_sql,  page_up_sql, page_down_sql, places_up_sql, places_down_sql,
          projects_of_sql, counts_sql,  events_sql,    check_sql};
}

} // namespace intermute::storage::sqlite
