#include "storage/sqlite/message_queries.hpp"

#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::uint32_t topic_page_max = 1000;
constexpr std::uint32_t thread_page_max = 100'000;

constexpr std::string_view by_id_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE project = ?1 AND id = ?2)sql"; // Served by messages_by_id.

constexpr std::string_view by_cursor_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE cursor = ?1)sql"; // Served by the primary key.

constexpr std::string_view of_topic_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE project = ?1 AND topic = ?2 AND topic <> '' AND cursor > ?3
  ORDER BY cursor LIMIT ?4)sql"; // Served by messages_by_topic.

constexpr std::string_view of_thread_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE project = ?1 AND thread = ?2 AND thread <> '' AND cursor > ?3
  ORDER BY cursor LIMIT ?4)sql"; // Served by messages_by_thread.

constexpr std::string_view revived_sql = R"sql(
  SELECT message FROM late_entries
  WHERE project = ?1 AND thread = ?2 AND cursor > ?3 AND message <= ?3)sql"; // By primary key.

constexpr std::string_view check_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE cursor > ?1 ORDER BY cursor LIMIT ?2)sql"; // A range of the primary key.

placed_message placed(cursor at, domain::message what) {
  return {at, std::make_shared<const domain::message>(std::move(what))};
}

/// The message where its newest entry stands.
placed_message at_newest_entry(stored_message what) {
  auto at = what.at;
  for (const auto& one : what.recipients)
    at = std::max(at, one.at);
  return placed(at, std::move(what.message));
}

} // namespace

result<message_queries> message_queries::open(const connection& db, name_table& projects,
                                              name_table& names) {
  message_queries made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = db.prepare({{&made.by_id_, by_id_sql},
                           {&made.by_cursor_, by_cursor_sql},
                           {&made.of_topic_, of_topic_sql},
                           {&made.of_thread_, of_thread_sql},
                           {&made.revived_, revived_sql},
                           {&made.check_, check_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<stored_message> message_queries::read_message(const run& row) {
  const auto columns = read_row(row, 0);
  if (!columns)
    return columns.why();
  return message_of(*columns, *projects_, *names_);
}

result<placed_message> message_queries::by_id(const std::string& project, const std::string& id) {
  const auto key = projects_->find(project);
  if (!key)
    return key.why();
  if (!*key)
    return placed_message{};
  run row{by_id_, **key, stored_id{id}};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return placed_message{};
  auto stored = read_message(row);
  if (!stored)
    return stored.why();
  return placed(stored->at, std::move(stored->message));
}

result<std::vector<placed_message>> message_queries::of_topic(const std::string& project,
                                                              const std::string& topic,
                                                              cursor since, std::uint32_t limit) {
  std::vector<placed_message> found;
  const auto key = projects_->find(project);
  if (!key)
    return key.why();
  if (!*key)
    return found;
  run rows{of_topic_, **key, topic, since, std::clamp(limit, 1U, topic_page_max)};
  auto read = for_each(rows, [&]() -> result<void> {
    auto stored = read_message(rows);
    if (!stored)
      return stored.why();
    found.push_back(placed(stored->at, std::move(stored->message)));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

// Those above `since` because of a late entry alone were created before all others.
result<std::vector<placed_message>> message_queries::of_thread(const std::string& project,
                                                               const std::string& thread,
                                                               cursor since, std::uint32_t limit) {
  std::vector<placed_message> found;
  const auto most = std::clamp(limit, 1U, thread_page_max);
  const auto key = projects_->find(project);
  if (!key)
    return key.why();
  if (!*key)
    return found;
  const auto older = revived(**key, thread, since);
  if (!older)
    return older.why();
  if (auto read = read_revived(*older, most, found); !read)
    return read.why();
  run rows{of_thread_, **key, thread, since, most - found.size()};
  auto read = for_each(rows, [&]() -> result<void> {
    auto stored = read_message(rows);
    if (!stored)
      return stored.why();
    found.push_back(at_newest_entry(std::move(*stored)));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

result<std::vector<cursor>> message_queries::revived(std::int64_t project,
                                                     const std::string& thread, cursor since) {
  std::vector<cursor> found;
  if (since == 0) // None is older.
    return found;
  run rows{revived_, project, thread, since};
  auto read = for_each(rows, [&]() -> result<void> {
    found.push_back(rows.position(0));
    return {};
  });
  if (!read)
    return read.why();
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
  return found;
}

result<void> message_queries::read_revived(const std::vector<cursor>& all, std::uint32_t limit,
                                           std::vector<placed_message>& into) {
  for (const auto at : all) {
    if (into.size() == limit)
      return {};
    run row{by_cursor_, at};
    const auto more = row.next();
    if (!more)
      return more.why();
    if (!*more)
      return corrupt_message(at, "is missing");
    auto stored = read_message(row);
    if (!stored)
      return stored.why();
    into.push_back(at_newest_entry(std::move(*stored)));
  }
  return {};
}

result<std::optional<cursor>> message_queries::check(cursor since, std::uint32_t limit) {
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
}

std::vector<std::string_view> message_queries_sql() {
  return {by_id_sql, by_cursor_sql, of_topic_sql, of_thread_sql, revived_sql, check_sql};
}

} // namespace intermute::storage::sqlite
