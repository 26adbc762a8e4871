#include "storage/sqlite/thread_queries.hpp"

#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/rows.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::uint32_t page_max = 100'000;

// Served by threads_by_activity, then by the primary key of messages. The join is an outer one, so
// that a message that is missing is found out and not left out.
constexpr std::string_view of_agent_sql = R"sql(
  SELECT t.thread, t.last_cursor, t.messages,
         m.cursor, m.project, m.id, m.sender, m.created_at, m.ack_required, m.checksum,
         m.recipients, m.importance, m.thread, m.topic, m.subject, m.body
  FROM threads AS t LEFT JOIN messages AS m ON m.cursor = t.message
  WHERE t.project = ?1 AND t.agent = ?2 AND t.last_cursor < ?3
  ORDER BY t.last_cursor DESC LIMIT ?4)sql";

constexpr std::string_view holds_sql = R"sql(
  SELECT 1 FROM threads
  WHERE project = ?1 AND agent = ?2 AND thread = ?3)sql"; // Served by the primary key.

} // namespace

result<thread_queries> thread_queries::open(const connection& db, name_table& projects,
                                            name_table& names) {
  thread_queries made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = db.prepare({{&made.of_agent_, of_agent_sql}, {&made.holds_, holds_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<std::vector<thread_summary>> thread_queries::of_agent(const std::string& project,
                                                             const std::string& agent, cursor below,
                                                             std::uint32_t limit) {
  std::vector<thread_summary> found;
  const auto project_key = projects_->find(project);
  const auto agent_key = project_key ? names_->find(agent) : project_key;
  if (!agent_key)
    return agent_key.why();
  if (!*project_key || !*agent_key)
    return found;
  const auto bound = below == 0 ? std::numeric_limits<cursor>::max() : below;
  run rows{of_agent_, **project_key, **agent_key, bound, std::clamp(limit, 1U, page_max)};
  auto read = for_each(rows, [&]() -> result<void> {
    auto one = read_summary(rows);
    if (!one)
      return one.why();
    found.push_back(std::move(*one));
    return {};
  });
  if (!read)
    return read.why();
  return found;
}

result<thread_summary> thread_queries::read_summary(const run& row) {
  constexpr int message_at = 3;
  thread_summary one;
  one.thread_id = row.text(0);
  one.last_cursor = row.position(1);
  one.message_count = row.position(2);
  if (row.is_null(message_at))
    return corrupt_message(one.last_cursor, "is missing");
  const auto last = read_row(row, message_at);
  if (!last)
    return last.why();
  auto sender = names_->name_of(last->sender);
  if (!sender)
    return sender.why();
  one.last_from = std::move(*sender);
  one.last_body = domain::preview_of(last->body);
  one.last_at = base::from_nanoseconds(last->created_at);
  return one;
}

result<std::vector<bool>> thread_queries::hold(const std::string& project,
                                               const std::string& thread,
                                               const std::vector<std::string>& agents) {
  std::vector<bool> found(agents.size());
  const auto key = projects_->find(project);
  if (!key)
    return key.why();
  if (!*key)
    return found;
  for (std::size_t i = 0; i < agents.size(); ++i) {
    const auto one = holds(**key, thread, agents[i]);
    if (!one)
      return one.why();
    found[i] = *one;
  }
  return found;
}

result<bool> thread_queries::holds(std::int64_t project, const std::string& thread,
                                   const std::string& agent) {
  const auto key = names_->find(agent);
  if (!key)
    return key.why();
  if (!*key)
    return false;
  run row{holds_, project, **key, thread};
  return row.next();
}

std::vector<std::string_view> thread_queries_sql() { return {of_agent_sql, holds_sql}; }

} // namespace intermute::storage::sqlite
