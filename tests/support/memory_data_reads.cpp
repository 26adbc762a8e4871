#include "tests/support/memory_data.hpp"

#include <algorithm>
#include <tuple>

namespace intermute::test::detail {

using storage::cursor;
using storage::event;
using storage::event_kind;
using storage::inbox_entry;
using storage::placed_message;
using storage::thread_summary;

// ---- Inboxes ----------------------------------------------------------------------------------

inbox_entry memory_data::entry(cursor at, const entry_row& row) const {
  return {at, messages_.at(row.message).content, row.kind, row.read_at, row.ack_at};
}

const memory_data::inbox_rows& memory_data::inbox_of(const std::string& project,
                                                     const std::string& agent) const {
  static const inbox_rows none;
  const auto inbox = inboxes_.find({project, agent});
  return inbox != inboxes_.end() ? inbox->second : none;
}

std::map<cursor, inbox_entry> memory_data::entries(const std::optional<std::string>& project,
                                                   const std::string& agent) const {
  std::map<cursor, inbox_entry> found;
  const auto add = [&](const inbox_rows& rows) {
    for (const auto& [at, row] : rows)
      found.emplace(at, entry(at, row));
  };
  if (project) {
    add(inbox_of(*project, agent));
    return found;
  }
  for (const auto& [name, rows] : inboxes_)
    if (name.second == agent)
      add(rows);
  return found;
}

std::vector<inbox_entry> memory_data::stale_acks(const std::string& project,
                                                 const std::string& agent,
                                                 base::wall_time created_max) const {
  std::vector<inbox_entry> found;
  for (const auto& [at, row] : inbox_of(project, agent))
    if (auto one = entry(at, row);
        one.message->ack_required && !one.ack_at && one.message->created_at <= created_max)
      found.push_back(std::move(one));
  std::sort(found.begin(), found.end(), [](const inbox_entry& a, const inbox_entry& b) {
    return std::tuple{a.message->created_at, a.at} < std::tuple{b.message->created_at, b.at};
  });
  return found;
}

// ---- Messages ---------------------------------------------------------------------------------

placed_message memory_data::message(const std::string& project, const std::string& id) const {
  const auto known = by_id_.find({project, id});
  if (known == by_id_.end())
    return {};
  return {known->second, messages_.at(known->second).content};
}

std::vector<thread_summary> memory_data::threads(const std::string& project,
                                                 const std::string& agent) const {
  struct known_thread {
    std::set<cursor> messages;
    cursor last = 0;
    cursor last_message = 0;
  };
  std::map<std::string, known_thread> known;
  const auto note = [&](cursor at, cursor message) {
    auto& one = known[messages_.at(message).content->thread_id];
    one.messages.insert(message);
    if (at > one.last)
      std::tie(one.last, one.last_message) = std::tuple{at, message};
  };
  for (const auto& [at, row] : messages_)
    if (row.content->project == project && row.content->from == agent)
      note(at, at);
  for (const auto& [at, row] : inbox_of(project, agent))
    note(at, row.message);
  known.erase("");
  std::vector<thread_summary> found;
  for (const auto& [id, one] : known) {
    const auto& last = *messages_.at(one.last_message).content;
    found.push_back({id, one.last, one.messages.size(), last.from,
                     std::string{domain::preview_of(last.body)}, last.created_at});
  }
  std::sort(found.begin(), found.end(), [](const thread_summary& a, const thread_summary& b) {
    return a.last_cursor > b.last_cursor;
  });
  return found;
}

std::vector<placed_message> memory_data::thread(const std::string& project,
                                                const std::string& id) const {
  std::vector<placed_message> found;
  for (const auto& [at, row] : messages_)
    if (!id.empty() && row.content->project == project && row.content->thread_id == id)
      found.push_back({row.last_entry, row.content});
  return found;
}

std::vector<placed_message> memory_data::topic(const std::string& project,
                                               const std::string& topic) const {
  std::vector<placed_message> found;
  for (const auto& [at, row] : messages_)
    if (!topic.empty() && row.content->project == project && row.content->topic == topic)
      found.push_back({at, row.content});
  return found;
}

std::vector<memory_message> memory_data::messages() const {
  std::vector<memory_message> all;
  for (const auto& [at, stored] : messages_) {
    memory_message one{at, stored.content, {}};
    std::map<cursor, std::vector<memory_entry>> ordered;
    for (const auto& each : stored.content->recipients)
      for (const auto& [entry_at, row] : inbox_of(stored.content->project, each.agent))
        if (row.message == at)
          ordered[entry_at].push_back({each.agent, entry(entry_at, row)});
    for (auto& [entry_at, entries] : ordered)
      for (auto& each : entries)
        one.entries.push_back(std::move(each));
    all.push_back(std::move(one));
  }
  return all;
}

// ---- Events -----------------------------------------------------------------------------------

std::map<cursor, event> memory_data::events(const storage::event_query& wanted) const {
  std::map<cursor, event> found;
  for (auto next = events_.upper_bound(wanted.since); next != events_.end(); ++next) {
    const auto& [at, row] = *next;
    if (row.project != wanted.project && !row.project.empty())
      continue;
    event one;
    one.at = at;
    one.kind = row.kind;
    one.project = row.project;
    one.created_at = row.created_at;
    if (domain::is_of_reservation(row.kind)) {
      const auto held = std::find_if(reservations_.begin(), reservations_.end(),
                                     [&](const auto& each) { return each.id == row.subject; });
      one.reservation_id = held->id;
      one.agent = held->agent_id;
      one.path_pattern = held->path_pattern;
    } else {
      one.message_id = row.subject;
    }
    if (row.kind == event_kind::message_created) {
      if (!inbox_of(row.project, wanted.agent).contains(at))
        continue;
      one.recipients.push_back(wanted.agent);
    }
    found.emplace(at, std::move(one));
  }
  return found;
}

// ---- Replays and projects ---------------------------------------------------------------------

std::optional<storage::replay> memory_data::find_replay(const std::string& scope,
                                                        base::wall_time now) const {
  const auto known = replays_.find(scope);
  if (known == replays_.end() || known->second.expires_at <= now)
    return std::nullopt;
  return known->second.kept;
}

std::vector<storage::project_summary> memory_data::projects() const {
  std::map<std::string, std::uint64_t> agents;
  for (const auto& project : projects_)
    agents[project] = 0;
  for (const auto& each : agents_)
    agents[each.project] += each.retired_at ? 0 : 1;
  std::vector<storage::project_summary> found;
  for (const auto& [project, count] : agents)
    found.push_back({project, count});
  return found;
}

} // namespace intermute::test::detail
