#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/pragmas.hpp"
#include "storage/sqlite/schema.hpp"
#include "tests/storage/support.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace intermute::test {

namespace fs = std::filesystem;
using storage::open_sqlite;
using storage::sqlite_options;

namespace {

sqlite_options options_for(const fs::path& path) {
  sqlite_options options;
  options.path = path;
  return options;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

unsigned mode_of(const fs::path& path) {
  struct stat facts {};
  REQUIRE(::stat(path.c_str(), &facts) == 0);
  return facts.st_mode & 0777U;
}

/// Runs SQL on a file with a connection of its own.
void run_sql(const fs::path& path, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  const auto code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  CAPTURE(sqlite3_errmsg(db));
  REQUIRE(code == SQLITE_OK);
  REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

std::map<std::string, std::string> files_in(const fs::path& directory) {
  std::map<std::string, std::string> found;
  for (const auto& one : fs::directory_iterator{directory})
    if (one.path().extension() != ".lock")
      found[one.path().filename().string()] = bytes_of(one.path());
  return found;
}

base::error refusal_of(const fs::path& path) {
  const auto opened = open_sqlite(options_for(path));
  REQUIRE_FALSE(opened);
  return opened.why();
}

} // namespace

TEST_CASE("a new database is private, and nothing is left beside it after a clean end",
          "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "a" / "b" / "mail.db";
  const auto old_mask = ::umask(0);
  {
    const auto opened = value_of(open_sqlite(options_for(path)));
    const auto engine = value_of(opened->open_engine());
    require_ok(engine->begin());
    REQUIRE(mode_of(path) == 0600);
    REQUIRE(mode_of(path.string() + "-wal") == 0600);
    REQUIRE(mode_of(path.string() + ".lock") == 0600);
  }
  ::umask(old_mask);
  REQUIRE(mode_of(directory.path() / "a") == 0700);
  REQUIRE(mode_of(directory.path() / "a" / "b") == 0700);
  std::vector<std::string> names;
  for (const auto& one : fs::directory_iterator{path.parent_path()})
    names.push_back(one.path().filename().string());
  std::sort(names.begin(), names.end());
  REQUIRE(names == std::vector<std::string>{"mail.db", "mail.db.lock"});
}

TEST_CASE("the settings are set and read back", "[sqlite]") {
  using namespace storage::sqlite;
  temp_directory directory;
  auto options = options_for(directory.path() / "mail.db");
  { const auto opened = value_of(open_sqlite(options)); }
  options.full_sync = GENERATE(true, false);
  const auto how = GENERATE(access::write, access::read);
  auto db = value_of(connection::open(options.path.string(), how, options.busy_timeout));
  require_ok(set_pragmas(db, how, options));
  std::map<std::string, std::string> expected{{"page_size", "8192"},
                                              {"auto_vacuum", "2"},
                                              {"journal_mode", "wal"},
                                              {"synchronous", options.full_sync ? "2" : "1"},
                                              {"cache_size", "-16384"},
                                              {"wal_autocheckpoint", "0"},
                                              {"temp_store", "2"},
                                              {"mmap_size", "0"},
                                              {"cell_size_check", "1"},
                                              {"trusted_schema", "0"},
                                              {"user_version", "2"},
                                              {"application_id", std::to_string(0x494D5554)},
                                              {"encoding", "UTF-8"},
                                              {"journal_size_limit", "67108864"},
                                              {"query_only", how == access::read ? "1" : "0"}};
  for (const auto& [name, value] : expected) {
    CAPTURE(name);
    REQUIRE(value_of(db.value("PRAGMA " + name)) == value);
  }
}

TEST_CASE("the size of the pages is that of the day the file was made", "[sqlite]") {
  using namespace storage::sqlite;
  temp_directory directory;
  auto options = options_for(directory.path() / "mail.db");
  options.page_bytes = 16'384;
  { const auto made = value_of(open_sqlite(options)); }
  options.page_bytes = 4'096;
  { const auto opened = value_of(open_sqlite(options)); }
  auto db = value_of(connection::open(options.path.string(), access::read, options.busy_timeout));
  REQUIRE(value_of(db.value("PRAGMA page_size")) == "16384");
}

TEST_CASE("a reading connection can neither write nor checkpoint", "[sqlite]") {
  using namespace storage::sqlite;
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  sqlite_options options;
  options.path = w.file();
  auto db = value_of(connection::open(w.file().string(), access::read, options.busy_timeout));
  REQUIRE_FALSE(db.execute("DELETE FROM messages"));
  REQUIRE(sqlite3_wal_checkpoint_v2(db.raw(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr)
          != SQLITE_OK);
}

TEST_CASE("a second opener is told who holds the file", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  auto first = value_of(open_sqlite(options_for(path)));
  const auto refused = refusal_of(path);
  REQUIRE(refused.code == base::errc::storage_busy);
  REQUIRE_THAT(refused.detail, Catch::Contains("pid " + std::to_string(::getpid())));
  REQUIRE_THAT(refused.detail, Catch::Contains("Stop that process"));

  SECTION("by whatever name it comes") {
    fs::create_symlink(path, directory.path() / "other.db");
    REQUIRE(refusal_of(directory.path() / "other.db").code == base::errc::storage_busy);
  }
  SECTION("as long as the engine lives") {
    auto engine = value_of(first->open_engine());
    first.reset();
    REQUIRE(refusal_of(path).code == base::errc::storage_busy);
  }
  SECTION("and may open it when that one has ended") {
    first.reset();
    REQUIRE(open_sqlite(options_for(path)));
  }
}

TEST_CASE("a killed holder leaves the file free and its committed data in it", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto opened = open_sqlite(options_for(path));
    auto engine = opened ? (*opened)->open_engine() : opened.why();
    storage::cursor last = 0;
    const bool stored = engine && (*engine)->begin()
                        && (*engine)->apply(post(letter("x", {"ada"})), last)
                        && (*engine)->commit({1, last}) && (*engine)->begin()
                        && (*engine)->apply(post(letter("y", {"ada"})), last);
    ::_exit(stored ? 0 : 1); // No destructor runs: as if killed in the middle of a batch.
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WEXITSTATUS(status) == 0);
  const auto opened = value_of(open_sqlite(options_for(path)));
  REQUIRE(value_of(opened->open_engine())->state().batch == 1);
  storage::inbox_query wanted;
  wanted.agent = "ada";
  REQUIRE(cursors_of(value_of(value_of(opened->open_reader())->inbox(wanted))) == cursors{1});
}

TEST_CASE("a file of a newer version is refused and left byte for byte", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  { const auto opened = value_of(open_sqlite(options_for(path))); }

  SECTION("when the file itself says so") {
    run_sql(path, "PRAGMA user_version = 3");
    const auto before = files_in(directory.path());
    const auto refused = refusal_of(path);
    REQUIRE(refused.code == base::errc::storage_failed);
    REQUIRE_THAT(refused.detail, Catch::Contains("schema version 3"));
    REQUIRE_THAT(refused.detail, Catch::Contains("newer intermute"));
    REQUIRE(files_in(directory.path()) == before);
  }
  SECTION("when only its log says so") {
    sqlite3* other = nullptr;
    REQUIRE(sqlite3_open(path.c_str(), &other) == SQLITE_OK);
    REQUIRE(sqlite3_exec(other, "PRAGMA user_version = 4", nullptr, nullptr, nullptr) == SQLITE_OK);
    const auto copy = directory.path() / "copy.db";
    for (const auto* suffix : {"", "-wal"})
      fs::copy_file(path.string() + suffix, copy.string() + suffix);
    REQUIRE(sqlite3_close(other) == SQLITE_OK);
    const auto before = bytes_of(copy);
    const auto log = bytes_of(copy.string() + "-wal");
    REQUIRE_THAT(refusal_of(copy).detail, Catch::Contains("schema version 4"));
    REQUIRE(bytes_of(copy) == before);
    REQUIRE(bytes_of(copy.string() + "-wal") == log);
  }
}

TEST_CASE("files of others are refused and left byte for byte", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";

  SECTION("another program's database") {
    run_sql(path, "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    const auto before = files_in(directory.path());
    const auto refused = refusal_of(path);
    REQUIRE(refused.code == base::errc::storage_failed);
    REQUIRE_THAT(refused.detail, Catch::Contains("another program"));
    REQUIRE(files_in(directory.path()) == before);
  }
  SECTION("no database at all") {
    write_file(path, GENERATE(as<std::string>{}, "x", std::string(5000, 'x')));
    const auto before = files_in(directory.path());
    const auto refused = refusal_of(path);
    REQUIRE(refused.code == base::errc::storage_corrupt);
    REQUIRE_THAT(refused.detail, Catch::Contains("is not a database"));
    REQUIRE(files_in(directory.path()) == before);
  }
  SECTION("a directory") {
    fs::create_directory(path);
    REQUIRE(refusal_of(path).code == base::errc::storage_failed);
  }
  SECTION("a log whose database is gone") {
    write_file(path.string() + "-wal", "frames");
    REQUIRE_THAT(refusal_of(path).detail, Catch::Contains("Put the database back"));
    REQUIRE_FALSE(fs::exists(path));
  }
}

TEST_CASE("an empty file becomes a database, and half a creation is begun anew", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  write_file(path, "");
  write_file(path.string() + ".new", "half");
  write_file(path.string() + ".new-wal", "half");
  const auto opened = value_of(open_sqlite(options_for(path)));
  REQUIRE(value_of(opened->verify(std::chrono::seconds{10})));
  REQUIRE_FALSE(fs::exists(path.string() + ".new"));
  REQUIRE_FALSE(fs::exists(path.string() + ".new-wal"));
}

TEST_CASE("a schema that was tampered with is refused", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  { const auto opened = value_of(open_sqlite(options_for(path))); }
  SECTION("an index is missing") {
    run_sql(path, "DROP INDEX messages_by_id");
    REQUIRE_THAT(refusal_of(path).detail, Catch::Contains("'messages_by_id' is missing"));
  }
  SECTION("a column is new") {
    run_sql(path, "ALTER TABLE agents ADD COLUMN x TEXT");
    REQUIRE_THAT(refusal_of(path).detail, Catch::Contains("'agents' is not as"));
  }
  SECTION("the state row is gone") {
    run_sql(path, "DELETE FROM state");
    REQUIRE(refusal_of(path).code == base::errc::storage_corrupt);
  }
  SECTION("the high water was lost") {
    run_sql(path, "INSERT INTO events VALUES (9, 1, 2, 'x', NULL, 0, NULL)");
    REQUIRE_THAT(refusal_of(path).detail, Catch::Contains("above its high water"));
  }
  SECTION("an index of the operator's own is fine") {
    run_sql(path, "CREATE INDEX mine ON agents (name)");
    REQUIRE(open_sqlite(options_for(path)));
  }
}

TEST_CASE("a crash between two commits shows the first of them only", "[sqlite]") {
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  require_ok(w.engine().begin());
  w.apply({post(letter("y", {"ada"}))});
  temp_directory elsewhere;
  const auto copy = elsewhere.path() / "mail.db";
  for (const auto* suffix : {"", "-wal"}) // The index of the log is made anew.
    fs::copy_file(w.file().string() + suffix, copy.string() + suffix);
  const auto opened = value_of(open_sqlite(options_for(copy)));
  REQUIRE(value_of(opened->open_engine())->state().high_water == 1);
  storage::inbox_query wanted;
  wanted.agent = "ada";
  REQUIRE(value_of(value_of(opened->open_reader())->inbox(wanted)).size() == 1);
  REQUIRE(value_of(opened->verify(std::chrono::seconds{10})));
}

TEST_CASE("the log is checkpointed between batches and stays short", "[sqlite]") {
  temp_directory directory;
  auto options = options_for(directory.path() / "mail.db");
  options.checkpoint_pages = 20;
  const auto log = options.path.string() + "-wal";
  const auto opened = value_of(open_sqlite(options));
  const auto engine = value_of(opened->open_engine());
  storage::cursor last = 0;
  const auto store_some = [&](int count) {
    for (int i = 0; i < count; ++i) {
      auto one = letter("m" + std::to_string(last), {"ada"});
      one.body = std::string(3000, 'b');
      require_ok(engine->begin());
      REQUIRE(engine->apply(post(one), last));
      require_ok(engine->commit({last, last}));
      engine->between_batches();
    }
  };
  store_some(200);
  REQUIRE(fs::file_size(log) < 8192U * 40U);

  SECTION("even when a reader has held it up for a while") {
    sqlite3* reader = nullptr;
    REQUIRE(sqlite3_open(options.path.c_str(), &reader) == SQLITE_OK);
    REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM messages", nullptr, nullptr, nullptr)
            == SQLITE_OK);
    store_some(40);
    REQUIRE(fs::file_size(log) > 8192U * 80U);
    REQUIRE(sqlite3_close(reader) == SQLITE_OK);
    store_some(40);
    REQUIRE(fs::file_size(log) < 8192U * 40U);
  }
  SECTION("even when a reader has let it grow to twice its usual length") {
    sqlite3* reader = nullptr;
    REQUIRE(sqlite3_open(options.path.c_str(), &reader) == SQLITE_OK);
    REQUIRE(sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM messages", nullptr, nullptr, nullptr)
            == SQLITE_OK);
    while (fs::file_size(log) < 8192U * 45U) // Ends: every message makes the log longer.
      store_some(1);
    REQUIRE(fs::file_size(log) < 8192U * 75U);
    REQUIRE(sqlite3_close(reader) == SQLITE_OK);
    store_some(8);
    REQUIRE(fs::file_size(log) < 8192U * 40U);
  }
  require_ok(engine->make_durable());
  REQUIRE(fs::file_size(log) == 0);
}

} // namespace intermute::test
