#include "storage/sqlite/agent_ops.hpp"

#include "storage/sqlite/rows.hpp"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

// Served by the UNIQUE index of the id. The key stays, and with it the order.
constexpr std::string_view put_sql = R"sql(
  INSERT INTO agents (id, session_id, name, project, token_hash, capabilities, metadata, status,
                      policy, live_policy, created_at, last_seen, retired_at)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
  ON CONFLICT (id) DO UPDATE SET
    session_id = excluded.session_id, name = excluded.name, project = excluded.project,
    token_hash = excluded.token_hash, capabilities = excluded.capabilities,
    metadata = excluded.metadata, status = excluded.status, policy = excluded.policy,
    live_policy = excluded.live_policy, created_at = excluded.created_at,
    last_seen = excluded.last_seen, retired_at = excluded.retired_at)sql";

constexpr std::string_view touch_sql = R"sql(
  UPDATE agents SET last_seen = ?2
  WHERE id = ?1 AND last_seen < ?2)sql"; // Served by the UNIQUE index of the id.

// Served by the UNIQUE index of the agent's id.
constexpr std::string_view add_contact_sql = R"sql(
  INSERT INTO contacts SELECT key, ?2, ?3 FROM agents WHERE id = ?1
  ON CONFLICT DO NOTHING)sql";

// Served by the UNIQUE index of the agent's id, then by the primary key.
constexpr std::string_view remove_contact_sql = R"sql(
  DELETE FROM contacts
  WHERE agent = (SELECT key FROM agents WHERE id = ?1) AND contact = ?2)sql";

constexpr std::string_view all_sql = R"sql(
  SELECT id, session_id, name, project, token_hash, capabilities, metadata, status, policy,
         live_policy, created_at, last_seen, retired_at, key
  FROM agents ORDER BY key)sql"; // The whole table in its own order.

// The whole table in its own order, with the names by their primary key.
constexpr std::string_view contacts_sql = R"sql(
  SELECT c.agent, n.name FROM contacts AS c LEFT JOIN names AS n ON n.key = c.contact
  ORDER BY c.agent, c.contact)sql";

using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;

void write_text(json_writer& to, const std::string& text) {
  to.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

std::optional<std::string> to_json(const std::optional<std::vector<std::string>>& list) {
  if (!list)
    return std::nullopt;
  rapidjson::StringBuffer buffer;
  json_writer writer{buffer};
  writer.StartArray();
  for (const auto& one : *list)
    write_text(writer, one);
  writer.EndArray();
  return std::string{buffer.GetString(), buffer.GetSize()};
}

std::optional<std::string> to_json(const std::optional<std::map<std::string, std::string>>& map) {
  if (!map)
    return std::nullopt;
  rapidjson::StringBuffer buffer;
  json_writer writer{buffer};
  writer.StartObject();
  for (const auto& [key, value] : *map) {
    writer.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
    write_text(writer, value);
  }
  writer.EndObject();
  return std::string{buffer.GetString(), buffer.GetSize()};
}

std::string text_of(const rapidjson::Value& value) {
  return {value.GetString(), value.GetStringLength()};
}

/// @returns False when `json` is no array of strings.
bool from_json(std::string_view json, std::vector<std::string>& into) {
  rapidjson::Document parsed;
  parsed.Parse(json.data(), json.size());
  if (parsed.HasParseError() || !parsed.IsArray())
    return false;
  for (const auto& one : parsed.GetArray()) {
    if (!one.IsString())
      return false;
    into.push_back(text_of(one));
  }
  return true;
}

/// @returns False when `json` is no object of strings.
bool from_json(std::string_view json, std::map<std::string, std::string>& into) {
  rapidjson::Document parsed;
  parsed.Parse(json.data(), json.size());
  if (parsed.HasParseError() || !parsed.IsObject())
    return false;
  for (const auto& member : parsed.GetObject()) {
    if (!member.value.IsString())
      return false;
    into.insert_or_assign(text_of(member.name), text_of(member.value));
  }
  return true;
}

/// @returns False when a column does not hold what `put` writes.
bool read_agent(const run& row, domain::agent& into) {
  into.id = row.text(0);
  into.session_id = row.text(1);
  into.name = row.text(2);
  into.project = row.text(3);
  into.token_hash = row.bytes(4);
  if (!row.is_null(5) && !from_json(row.text(5), into.capabilities.emplace()))
    return false;
  if (!row.is_null(6) && !from_json(row.text(6), into.metadata.emplace()))
    return false;
  into.status = row.text(7);
  const auto policy = row.integer(8);
  const auto live_policy = row.integer(9);
  constexpr auto highest = static_cast<std::int64_t>(domain::contact_policy::block_all);
  if (policy < 0 || policy > highest || live_policy < 0 || live_policy > highest)
    return false;
  into.policy = static_cast<domain::contact_policy>(policy);
  into.live_policy = static_cast<domain::contact_policy>(live_policy);
  into.created_at = base::from_nanoseconds(row.integer(10));
  into.last_seen = base::from_nanoseconds(row.integer(11));
  into.retired_at = time_of(row, 12);
  return true;
}

} // namespace

result<agent_ops> agent_ops::open(const connection& db, name_table& projects, name_table& names) {
  agent_ops made;
  made.projects_ = &projects;
  made.names_ = &names;
  auto ready = db.prepare({{&made.put_, put_sql},
                           {&made.touch_, touch_sql},
                           {&made.add_contact_, add_contact_sql},
                           {&made.remove_contact_, remove_contact_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<void> agent_ops::put(const domain::agent& what) {
  const auto session = what.session_id.empty() ? std::optional<std::string>{} : what.session_id;
  const auto capabilities = to_json(what.capabilities);
  const auto metadata = to_json(what.metadata);
  std::optional<std::int64_t> retired_at;
  if (what.retired_at)
    retired_at = base::to_nanoseconds(*what.retired_at);
  run row{put_,
          what.id,
          session,
          what.name,
          what.project,
          blob{what.token_hash},
          capabilities,
          metadata,
          what.status,
          static_cast<int>(what.policy),
          static_cast<int>(what.live_policy),
          base::to_nanoseconds(what.created_at),
          base::to_nanoseconds(what.last_seen),
          retired_at};
  if (auto done = row.write(); !done)
    return done;
  if (const auto project = projects_->find_or_add(what.project); !project)
    return project.why();
  return {};
}

result<void> agent_ops::touch(const touch_agents& what) {
  for (const auto& [id, at] : what.seen) {
    run row{touch_, id, base::to_nanoseconds(at)};
    if (auto done = row.write(); !done)
      return done;
  }
  return {};
}

result<void> agent_ops::set(const set_contact& what) {
  if (!what.present) {
    const auto contact = names_->find(what.contact);
    if (!contact)
      return contact.why();
    if (!*contact)
      return {};
    return run{remove_contact_, what.agent_id, **contact}.write();
  }
  const auto contact = names_->find_or_add(what.contact);
  if (!contact)
    return contact.why();
  return run{add_contact_, what.agent_id, *contact, base::to_nanoseconds(what.at)}.write();
}

// ---- agent_list -------------------------------------------------------------------------------

result<agent_list> agent_list::open(const connection& db) {
  agent_list made;
  auto ready = db.prepare({{&made.all_, all_sql}, {&made.contacts_, contacts_sql}});
  if (!ready)
    return ready.why();
  return made;
}

result<std::vector<domain::agent>> agent_list::all() {
  std::vector<domain::agent> found;
  std::vector<std::int64_t> keys;
  run rows{all_};
  auto read = for_each(rows, [&]() -> result<void> {
    if (!read_agent(rows, found.emplace_back()))
      return {errc::storage_corrupt, "The agent '" + found.back().id
                                       + "' cannot be read from the database. Stop the server and "
                                         "restore the last good backup."};
    keys.push_back(rows.integer(13));
    return {};
  });
  if (read)
    read = read_contacts(keys, found);
  if (!read)
    return read.why();
  return found;
}

result<void> agent_list::read_contacts(const std::vector<std::int64_t>& keys,
                                       std::vector<domain::agent>& agents) {
  std::size_t at = 0;
  run rows{contacts_};
  return for_each(rows, [&]() -> result<void> {
    const auto key = rows.integer(0);
    while (at < keys.size() && keys[at] < key) // Ends: both lists ascend, and it goes on once.
      ++at;
    if (at == keys.size() || keys[at] != key || rows.is_null(1))
      return {errc::storage_corrupt, "The database has a contact of agent " + std::to_string(key)
                                       + " whose agent or name is missing. Stop the server and "
                                         "restore the last good backup."};
    auto& contacts = agents[at].contacts;
    contacts.emplace(rows.text(1));
    return {};
  });
}

std::vector<std::string_view> agent_ops_sql() {
  return {put_sql, touch_sql, add_contact_sql, remove_contact_sql};
}

} // namespace intermute::storage::sqlite
