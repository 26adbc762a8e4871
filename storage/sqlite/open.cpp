#include "storage/sqlite/open.hpp"

#include "storage/sqlite/engine.hpp"
#include "storage/sqlite/pragmas.hpp"
#include "storage/sqlite/reader.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/verify.hpp"

#include <array>
#include <charconv>
#include <system_error>
#include <utility>

namespace intermute::storage {
namespace sqlite {
namespace {

using base::errc;
using base::error;
using base::result;
namespace fs = std::filesystem;

class sqlite_store final : public store {
public:
  sqlite_store(opened_file_ptr file, std::unique_ptr<sqlite_engine> engine)
    : file_(std::move(file)), engine_(std::move(engine)) {}

  result<std::unique_ptr<engine>> open_engine() override {
    if (!engine_)
      return {errc::internal, "The store has one engine, and it was handed out already."};
    return std::unique_ptr<engine>{std::move(engine_)};
  }

  result<std::unique_ptr<reader>> open_reader() override {
    auto opened = sqlite_reader::open(file_);
    if (!opened)
      return opened.why();
    return std::unique_ptr<reader>{std::move(*opened)};
  }

  result<bool> verify(std::chrono::milliseconds most, std::stop_token stop) override {
    return look_for_damage(file_, most, stop);
  }

private:
  opened_file_ptr file_;
  std::unique_ptr<sqlite_engine> engine_; ///< Until it is handed out.
};

std::string quoted(const fs::path& path) { return "'" + path.string() + "'"; }

/// A log without its database would be read into whatever file takes that name.
result<void> refuse_orphans(const fs::path& path) {
  for (const auto* suffix : {"-wal", "-journal"}) {
    const auto orphan = with_suffix(path, suffix);
    std::error_code problem;
    if (fs::exists(orphan, problem) && fs::file_size(orphan, problem) > 0)
      return {errc::storage_failed,
              quoted(path) + " is missing or empty, but " + quoted(orphan)
                + " is there. Put the database back, or move that file away."};
  }
  return {};
}

/// Makes the file under another name first, so that there is never half a database.
result<void> make_database(const sqlite_options& options) {
  if (auto alone = refuse_orphans(options.path); !alone)
    return alone;
  const auto fresh = with_suffix(options.path, ".new");
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code problem; // What cannot be removed stops make_file.
    fs::remove(with_suffix(fresh, suffix), problem);
  }
  if (auto made = make_file(fresh); !made)
    return made;
  {
    auto db = connection::open(fresh.string(), access::write, options.busy_timeout);
    if (!db)
      return db.why();
    auto ready = set_format(*db, options);
    if (ready)
      ready = set_pragmas(*db, access::write, options);
    if (ready)
      ready = migrate(*db);
    if (!ready)
      return ready;
    // Closing empties the log by itself, but tells nobody when it cannot.
    const auto code
      = sqlite3_wal_checkpoint_v2(db->raw(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK)
      return failure_of(db->raw(), code);
  }
  return put_in_place(fresh, options.path);
}

error newer_version(const fs::path& path, std::uint32_t found) {
  return {errc::storage_failed,
          quoted(path) + " has schema version " + std::to_string(found)
            + ", but this program knows versions up to " + std::to_string(schema_version())
            + ". Use the newer intermute that wrote it.",
          {}};
}

/// Refuses files of others and of newer versions without changing a byte of them.
result<void> refuse_strange(const sqlite_options& options, const file_facts& facts) {
  if (facts.application_id != application_id)
    return {errc::storage_failed,
            quoted(options.path)
              + " is a database of another program. Give another path, or move that file away."};
  const auto known = static_cast<std::uint32_t>(schema_version());
  if (facts.user_version > known)
    return newer_version(options.path, facts.user_version);
  // The log may hold a later version than the file itself; a reading connection leaves both alone.
  const auto db = connection::open(options.path.string(), access::read, options.busy_timeout);
  if (!db)
    return db.why();
  const auto text = db->value("PRAGMA user_version");
  if (!text)
    return text.why();
  std::uint32_t version = 0;
  std::from_chars(text->data(), text->data() + text->size(), version);
  if (version > known)
    return newer_version(options.path, version);
  return {};
}

result<sqlite_options> with_real_path(const sqlite_options& options) {
  std::error_code problem;
  auto path = fs::absolute(options.path, problem);
  if (problem || options.path.empty() || !path.has_filename())
    return {errc::storage_failed, quoted(options.path) + " does not name a file."};
  if (auto made = make_directories(path.parent_path()); !made)
    return made.why();
  // Two names of one file must meet at one lock.
  auto real = fs::weakly_canonical(path, problem);
  if (problem)
    return {errc::storage_failed,
            quoted(options.path) + " cannot be looked up: " + problem.message() + "."};
  auto found = options;
  found.path = std::move(real);
  return found;
}

result<void> migrate_file(const sqlite_options& options) {
  auto db = connection::open(options.path.string(), access::write, options.busy_timeout);
  if (!db)
    return db.why();
  if (auto set = set_pragmas(*db, access::write, options); !set)
    return set;
  return migrate(*db);
}

result<std::unique_ptr<store>> open_store(const sqlite_options& wanted) {
  auto options = with_real_path(wanted);
  if (!options)
    return options.why();
  auto lock = lock_file::take(with_suffix(options->path, ".lock"));
  if (!lock)
    return lock.why();
  const auto facts = look_at(options->path);
  if (!facts)
    return facts.why();
  auto ready = facts->exists ? refuse_strange(*options, *facts) : make_database(*options);
  if (ready)
    ready = migrate_file(*options);
  if (!ready)
    return ready.why();
  auto session = write_session::open(*options);
  if (!session)
    return session.why();
  const auto state = (*session)->load_state();
  if (!state)
    return state.why();
  // Last, so that the plan counts from the first batch on.
  if (auto planned = faults::load_environment(); !planned)
    return planned.why();
  auto file
    = std::make_shared<const opened_file>(opened_file{std::move(*options), std::move(*lock)});
  auto engine = std::make_unique<sqlite_engine>(file, std::move(*session), *state);
  return std::unique_ptr<store>{std::make_unique<sqlite_store>(std::move(file), std::move(engine))};
}

} // namespace
} // namespace sqlite

base::result<std::unique_ptr<store>> open_sqlite(const sqlite_options& options) {
  return sqlite::open_store(options);
}

std::string_view sqlite_version() noexcept { return sqlite3_libversion(); }

int sqlite_schema_version() noexcept { return sqlite::schema_version(); }

} // namespace intermute::storage
