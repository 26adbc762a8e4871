#include "storage/sqlite/name_table.hpp"

#include <array>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

/// Names held at most by each cache, and the longest one held; usually 10 MiB for both directions.
constexpr std::size_t cached_max = 65'536;
constexpr std::size_t cached_size_max = 256;

struct table_sql {
  std::string_view find; // Served by the UNIQUE index of the name.
  std::string_view add;
  std::string_view name; // Served by the primary key.
};

constexpr table_sql projects_sql{
  R"sql(SELECT key FROM projects WHERE name = ?1)sql",
  R"sql(INSERT INTO projects (name) VALUES (?1) RETURNING key)sql",
  R"sql(SELECT name FROM projects WHERE key = ?1)sql",
};

constexpr table_sql names_sql{
  R"sql(SELECT key FROM names WHERE name = ?1)sql",
  R"sql(INSERT INTO names (name) VALUES (?1) RETURNING key)sql",
  R"sql(SELECT name FROM names WHERE key = ?1)sql",
};

} // namespace

result<name_table> name_table::open(const connection& db, names_of what, access how) {
  const auto& sql = what == names_of::projects ? projects_sql : names_sql;
  name_table made;
  auto ready = db.prepare({{&made.find_, sql.find}, {&made.name_, sql.name}});
  if (ready && how == access::write)
    ready = db.prepare({{&made.add_, sql.add}});
  if (!ready)
    return ready.why();
  return made;
}

result<std::optional<std::int64_t>> name_table::find(std::string_view name) {
  if (const auto known = keys_.find(name); known != keys_.end())
    return std::optional{known->second};
  run row{find_, name};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return std::optional<std::int64_t>{};
  const auto key = row.integer(0);
  keep(name, key);
  return std::optional{key};
}

result<std::int64_t> name_table::find_or_add(std::string_view name) {
  const auto known = find(name);
  if (!known)
    return known.why();
  if (*known)
    return **known;
  if (const auto fault = faults::hit(faults::point::writer_write); fault != faults::kind::none)
    return failure_of(fault);
  run row{add_, name};
  made_some_ = true;
  const auto added = row.next();
  if (!added)
    return added.why();
  const auto key = row.integer(0);
  if (auto ended = row.done(); !ended)
    return ended.why();
  keep(name, key);
  return key;
}

result<std::string> name_table::name_of(std::int64_t key) {
  if (const auto known = names_.find(key); known != names_.end())
    return known->second;
  run row{name_, key};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return {errc::storage_corrupt, "The database has no name for key " + std::to_string(key)
                                     + ". Stop the server and restore the last good backup."};
  const auto name = row.text(0);
  keep(name, key);
  return std::string{name};
}

void name_table::rolled_back() {
  if (!made_some_)
    return;
  keys_.clear();
  names_.clear();
}

void name_table::keep(std::string_view name, std::int64_t key) {
  if (name.size() > cached_size_max)
    return;
  if (keys_.size() >= cached_max)
    keys_.clear();
  if (names_.size() >= cached_max)
    names_.clear();
  keys_.emplace(name, key);
  names_.emplace(key, name);
}

std::vector<std::string_view> name_table_sql() {
  return {projects_sql.find, projects_sql.add, projects_sql.name,
          names_sql.find,    names_sql.add,    names_sql.name};
}

} // namespace intermute::storage::sqlite
