#include "storage/sqlite/message_ops.hpp"

#include <memory>
#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

constexpr std::string_view insert_sql = R"sql(
  INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13))sql";

constexpr std::string_view find_sql = R"sql(
  SELECT cursor, project, id, sender, created_at, ack_required, checksum, recipients, importance,
         thread, topic, subject, body
  FROM messages WHERE project = ?1 AND id = ?2)sql"; // Served by messages_by_id.

// Served by the primary key. Thread, sender and time of a message never change.
constexpr std::string_view replace_sql = R"sql(
  UPDATE messages SET ack_required = ?2, checksum = ?3, recipients = ?4, importance = ?5,
                      topic = ?6, subject = ?7, body = ?8
  WHERE cursor = ?1)sql";

constexpr std::string_view add_entry_sql = R"sql(
  INSERT INTO inbox (project, agent, cursor, kind, message) VALUES (?1, ?2, ?3, ?4, ?5))sql";

constexpr std::string_view recipients_sql = R"sql(
  SELECT cursor, recipients, created_at, ack_required FROM messages
  WHERE project = ?1 AND id = ?2)sql"; // Served by messages_by_id.

constexpr std::string_view set_read_sql = R"sql(
  UPDATE inbox SET read_at = ?4
  WHERE project = ?1 AND agent = ?2 AND cursor = ?3 AND read_at IS NULL)sql"; // By primary key.

constexpr std::string_view set_ack_sql = R"sql(
  UPDATE inbox SET ack_at = ?4
  WHERE project = ?1 AND agent = ?2 AND cursor = ?3 AND ack_at IS NULL)sql"; // By primary key.

constexpr std::optional<std::int64_t> none;

event_kind event_of(mark_kind kind) noexcept {
  return kind == mark_kind::read ? event_kind::message_read : event_kind::message_ack;
}

} // namespace

result<message_ops> message_ops::open(const connection& db, name_table& projects,
                                      name_table& names) {
  message_ops made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = put_into(made.events_, event_log::open(db));
  if (ready)
    ready = put_into(made.threads_, thread_ops::open(db));
  if (ready)
    ready = put_into(made.acks_, ack_ops::open(db));
  if (ready)
    ready = db.prepare({{&made.insert_, insert_sql},
                        {&made.find_, find_sql},
                        {&made.replace_, replace_sql},
                        {&made.add_entry_, add_entry_sql},
                        {&made.recipients_, recipients_sql},
                        {&made.set_read_, set_read_sql},
                        {&made.set_ack_, set_ack_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<put_message_outcome> message_ops::put(const put_message& what, cursor& last) {
  const auto project = projects_->find_or_add(what.message->project);
  if (!project)
    return project.why();
  if (what.id_from_client) {
    auto stored = find(*project, *what.message);
    if (!stored)
      return stored.why();
    if (*stored)
      return repost(*project, *what.message, std::move(**stored), last);
  }
  return insert(*project, what, last);
}

result<std::optional<stored_message>> message_ops::find(std::int64_t project,
                                                        const domain::message& wanted) {
  run row{find_, project, stored_id{wanted.id}};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return std::optional<stored_message>{};
  const auto columns = read_row(row, 0);
  if (!columns)
    return columns.why();
  auto message = message_of(*columns, *projects_, *names_);
  if (!message)
    return message.why();
  return std::optional{std::move(*message)};
}

result<put_message_outcome> message_ops::insert(std::int64_t project, const put_message& what,
                                                cursor& last) {
  const auto& message = *what.message;
  const auto at = last + 1;
  const auto sender = names_->find_or_add(message.from);
  if (!sender)
    return sender.why();
  std::vector<stored_recipient> recipients;
  recipients.reserve(message.recipients.size());
  for (const auto& one : message.recipients) {
    const auto name = names_->find_or_add(one.agent);
    if (!name)
      return name.why();
    recipients.push_back({*name, one.kind, 0});
  }
  const auto encoded = encode_recipients(recipients);
  auto row = row_of(message);
  row.at = at;
  row.project = project;
  row.sender = *sender;
  row.recipients = encoded;
  run insert{insert_,        row.at,           row.project,      row.id,        row.sender,
             row.created_at, row.ack_required, checksum_of(row), blob{encoded}, row.importance,
             row.thread,     row.topic,        row.subject,      row.body};
  if (auto done = insert.write(); !done)
    return done.why();
  if (auto added = add_entries(row, recipients); !added)
    return added.why();
  last = at;
  return put_message_outcome{put_message_outcome::kind::stored, at, 0, {}, what.message};
}

result<void> message_ops::add_entries(const message_row& row,
                                      const std::vector<stored_recipient>& recipients) {
  const auto count = [&](std::int64_t agent) -> result<void> {
    if (row.thread.empty())
      return {};
    return threads_.count({row.project, agent, row.thread}, row.at, row.at);
  };
  if (auto counted = count(row.sender); !counted)
    return counted;
  for (const auto& one : recipients) {
    run entry{add_entry_, row.project, one.name, row.at, static_cast<int>(one.kind), none};
    auto done = entry.write();
    if (done && one.name != row.sender)
      done = count(one.name);
    if (done && row.ack_required)
      done = acks_.add({row.project, one.name, row.created_at, row.at});
    if (!done)
      return done;
  }
  return {};
}

result<put_message_outcome> message_ops::repost(std::int64_t project, const domain::message& wanted,
                                                stored_message stored, cursor& last) {
  using kind = put_message_outcome::kind;
  auto judged = domain::judge_repost(stored.message, wanted);
  if (judged.what == domain::repost::verdict::taken)
    return put_message_outcome{kind::taken, stored.at, 0, {}, nullptr};
  if (judged.what == domain::repost::verdict::identical)
    return put_message_outcome{kind::identical,
                               stored.at,
                               0,
                               {},
                               std::make_shared<const domain::message>(std::move(stored.message))};
  const auto added_at = judged.added.empty() ? 0 : last + 1;
  if (!judged.added.empty())
    if (auto added = add_late(project, wanted, judged.added, added_at, stored); !added)
      return added.why();
  auto changed = replace(project, stored, judged.merged);
  if (changed)
    changed = settle_acks(project, stored, judged.merged, added_at);
  if (!changed)
    return changed.why();
  if (added_at != 0)
    last = added_at;
  return put_message_outcome{kind::changed, stored.at, added_at, std::move(judged.added),
                             std::make_shared<const domain::message>(std::move(judged.merged))};
}

result<void> message_ops::add_late(std::int64_t project, const domain::message& wanted,
                                   const std::vector<domain::recipient>& added, cursor at,
                                   stored_message& stored) {
  std::vector<std::int64_t> agents;
  for (const auto& one : added) {
    const auto name = names_->find_or_add(one.agent);
    if (!name)
      return name.why();
    agents.push_back(*name);
    stored.recipients.push_back({*name, one.kind, at});
    run entry{add_entry_, project, *name, at, static_cast<int>(one.kind), stored.at};
    if (auto done = entry.write(); !done)
      return done;
  }
  if (auto done = add_late_to_thread(project, agents, at, stored); !done)
    return done;
  return events_.append({at, project, event_kind::message_created, stored_id{wanted.id}, none,
                         wanted.created_at, stored.at});
}

result<void> message_ops::add_late_to_thread(std::int64_t project,
                                             const std::vector<std::int64_t>& agents, cursor at,
                                             const stored_message& stored) {
  const std::string_view thread = stored.message.thread_id;
  if (thread.empty())
    return {};
  const auto sender = names_->find_or_add(stored.message.from);
  if (!sender)
    return sender.why();
  for (const auto agent : agents) {
    const thread_ops::place where{project, agent, thread};
    auto done = agent == *sender ? threads_.move(where, stored.at, at)
                                 : threads_.count(where, stored.at, at);
    if (!done)
      return done;
  }
  return threads_.add_late(project, thread, stored.at, at);
}

result<void> message_ops::replace(std::int64_t project, const stored_message& stored,
                                  const domain::message& merged) {
  const auto sender = names_->find_or_add(merged.from);
  if (!sender)
    return sender.why();
  const auto recipients = encode_recipients(stored.recipients);
  auto row = row_of(merged);
  row.at = stored.at;
  row.project = project;
  row.sender = *sender;
  row.recipients = recipients;
  run update{replace_,       row.at,    row.ack_required, checksum_of(row), blob{recipients},
             row.importance, row.topic, row.subject,      row.body};
  return update.write();
}

result<void> message_ops::settle_acks(std::int64_t project, const stored_message& stored,
                                      const domain::message& merged, cursor added_at) {
  const bool was_wanted = stored.message.ack_required;
  const bool is_wanted = merged.ack_required;
  const auto created_at = base::to_nanoseconds(merged.created_at);
  for (const auto& one : stored.recipients) {
    const bool is_new = added_at != 0 && one.at == added_at;
    const ack_ops::entry entry{project, one.name, created_at, one.at != 0 ? one.at : stored.at};
    auto done = result<void>{};
    if (is_wanted && (is_new || !was_wanted))
      done = acks_.add_open(entry);
    else if (was_wanted && !is_wanted)
      done = acks_.remove(entry);
    if (!done)
      return done;
  }
  return {};
}

result<mark_outcome> message_ops::mark(const mark_message& what, cursor& last) {
  const auto project = projects_->find_or_add(what.project);
  if (!project)
    return project.why();
  std::optional<std::int64_t> agent;
  if (!what.agent.empty()) {
    const auto name = names_->find_or_add(what.agent);
    if (!name)
      return name.why();
    agent = *name;
  }
  const stored_id id{what.message_id};
  const auto found = agent ? entry_of(*project, id, *agent) : marked{};
  if (!found)
    return found.why();
  mark_outcome outcome{last + 1, found->entry, false};
  if (outcome.entry_at != 0) {
    const auto set = set_mark(what.kind, {*project, *agent, found->created_at, found->entry},
                              found->ack_required, base::to_nanoseconds(what.at));
    if (!set)
      return set.why();
    outcome.first_time = *set;
  }
  if (auto done
      = events_.append({outcome.event_at, *project, event_of(what.kind), id, agent, what.at, none});
      !done)
    return done.why();
  last = outcome.event_at;
  return outcome;
}

result<bool> message_ops::set_mark(mark_kind kind, const ack_ops::entry& where, bool ack_required,
                                   std::int64_t at) {
  bool first_time = false;
  {
    const auto& statement = kind == mark_kind::read ? set_read_ : set_ack_;
    run set{statement, where.project, where.agent, where.at, at};
    if (auto done = set.write(); !done)
      return done.why();
    first_time = set.changed_any();
  }
  if (first_time && ack_required && kind == mark_kind::ack)
    if (auto done = acks_.remove(where); !done)
      return done.why();
  return first_time;
}

result<message_ops::marked> message_ops::entry_of(std::int64_t project, const stored_id& id,
                                                  std::int64_t agent) {
  run row{recipients_, project, id};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return marked{};
  const auto at = row.position(0);
  const auto recipients = decode_recipients(row.bytes(1));
  if (!recipients)
    return corrupt_message(at, "has recipients that cannot be read");
  for (const auto& one : *recipients)
    if (one.name == agent)
      return marked{one.at != 0 ? one.at : at, row.integer(2), row.integer(3) != 0};
  return marked{};
}

std::vector<std::string_view> message_ops_sql() {
  return {insert_sql,     find_sql,     replace_sql, add_entry_sql,
          recipients_sql, set_read_sql, set_ack_sql};
}

} // namespace intermute::storage::sqlite
