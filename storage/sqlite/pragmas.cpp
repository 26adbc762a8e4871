#include "storage/sqlite/pragmas.hpp"

#include "storage/sqlite/schema.hpp"

#include <string>
#include <vector>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

/// A long log is cut back to this once it has been copied into the database.
constexpr const char* journal_size_limit = "67108864";

struct pragma {
  std::string name;
  std::string set;  ///< What to set; empty if it is only to be checked.
  std::string read; ///< What it must then say.
};

result<void> apply_all(connection& db, const std::vector<pragma>& all) {
  for (const auto& one : all) {
    if (!one.set.empty())
      if (auto set = db.execute("PRAGMA " + one.name + " = " + one.set); !set)
        return set;
    const auto now = db.value("PRAGMA " + one.name);
    if (!now)
      return now.why();
    if (*now != one.read)
      return {errc::storage_failed, "The database does not take the setting " + one.name + " = "
                                      + one.read + "; it stays at '" + *now
                                      + "'. Was the file made by another program?"};
  }
  return {};
}

} // namespace

result<void> set_format(connection& db, const sqlite_options& options) {
  const auto ours = std::to_string(application_id);
  const auto page_size = std::to_string(options.page_bytes);
  return apply_all(db, {{"page_size", page_size, page_size},
                        {"auto_vacuum", "INCREMENTAL", "2"},
                        {"application_id", ours, ours}});
}

result<void> set_pragmas(connection& db, access how, const sqlite_options& options) {
  const bool writes = how == access::write;
  const auto cache = "-" + std::to_string(options.cache_kib);
  std::vector<pragma> all{
    {"application_id", "", std::to_string(application_id)},
    {"auto_vacuum", "", "2"},
    {"journal_mode", writes ? "WAL" : "", "wal"},
    {"synchronous", options.full_sync ? "FULL" : "NORMAL", options.full_sync ? "2" : "1"},
    {"wal_autocheckpoint", "0", "0"}, // The engine does it between two batches.
    {"cache_size", cache, cache},
    {"temp_store", "MEMORY", "2"},
    {"mmap_size", "0", "0"},
    {"journal_size_limit", journal_size_limit, journal_size_limit},
    {"cell_size_check", "ON", "1"},
    {"trusted_schema", "OFF", "0"},
  };
  if (!writes)
    all.push_back({"query_only", "ON", "1"});
  return apply_all(db, all);
}

} // namespace intermute::storage::sqlite
