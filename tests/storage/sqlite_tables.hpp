#pragma once

#include "storage/sqlite/connection.hpp"
#include "tests/storage/support.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// Looks into a database file behind the store's back.
namespace intermute::test {

/// All rows of every table, as text, by the table's name.
using table_rows = std::map<std::string, texts>;

/// The first columns of what `sql` gives.
inline texts column_of(const storage::sqlite::connection& db, const std::string& sql) {
  const auto compiled = value_of(db.prepare(sql));
  storage::sqlite::run rows{compiled};
  texts found;
  while (value_of(rows.next())) // Ends: each step takes one row of a finite table.
    found.emplace_back(rows.text(0));
  return found;
}

/// What the file holds in its own tables, in their own order.
inline table_rows rows_of(const std::filesystem::path& file) {
  using namespace storage::sqlite;
  const auto db
    = value_of(connection::open(file.string(), access::read, std::chrono::milliseconds{200}));
  table_rows found;
  for (const auto& table : column_of(
         db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")) {
    const auto columns = column_of(db, "SELECT group_concat('quote(' || name || ')', '||'',''||') "
                                       "FROM pragma_table_info('"
                                         + table + "')")
                           .at(0);
    found[table] = column_of(db, "SELECT " + columns + " FROM " + table);
  }
  return found;
}

} // namespace intermute::test
