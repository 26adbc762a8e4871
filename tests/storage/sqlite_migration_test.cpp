#include "base/sha256.hpp"
#include "storage/sqlite/data_file.hpp"
#include "storage/sqlite/pragmas.hpp"
#include "storage/sqlite/schema.hpp"
#include "tests/storage/sqlite_tables.hpp"

#include <iomanip>
#include <random>
#include <sstream>

namespace intermute::test {

namespace fs = std::filesystem;
using namespace storage::sqlite;
using storage::mark_kind;

namespace {

storage::sqlite_options options_for(const fs::path& path) {
  storage::sqlite_options options;
  options.path = path;
  return options;
}

/// Makes a database of version 1 with those rows of `from` that such a one can hold.
void make_version_1(const fs::path& path, const fs::path& from) {
  const auto options = options_for(path);
  require_ok(make_file(path));
  auto db = value_of(connection::open(path.string(), access::write, options.busy_timeout));
  require_ok(set_format(db, options));
  require_ok(set_pragmas(db, access::write, options));
  require_ok(db.execute(std::string{migrations()[0].sql}));
  require_ok(db.execute("PRAGMA user_version = 1"));
  require_ok(db.execute("ATTACH '" + from.string() + "' AS now"));
  for (const auto& table :
       column_of(db, "SELECT name FROM main.sqlite_schema WHERE type = 'table'")) {
    const auto columns
      = value_of(db.value("SELECT group_concat(name) FROM pragma_table_info('" + table + "')"));
    require_ok(db.execute("DELETE FROM main." + table));
    require_ok(
      db.execute("INSERT INTO main." + table + " SELECT " + columns + " FROM now." + table));
  }
  require_ok(db.execute("DETACH now"));
}

/// Messages, marks and agents that often meet each other.
class random_mail {
public:
  explicit random_mail(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] storage::row_operation operation() {
    if (below(4) == 0)
      return mark("m" + std::to_string(below(40)), agent(),
                  below(3) == 0 ? mark_kind::read : mark_kind::ack, number(1000), project());
    auto made = letter("m" + std::to_string(below(40)), {}, project());
    made.from = below(8) == 0 ? agent() : "agent 0";
    made.recipients = domain::recipients_of({agent(), agent()}, {agent()}, {agent()});
    made.recipients.resize(below(made.recipients.size() + 1));
    made.thread_id = std::vector<std::string>{"", "t", "u"}[below(3)];
    made.ack_required = below(2) == 0;
    made.created_at = at_second(number(50));
    return post(std::move(made));
  }

private:
  [[nodiscard]] std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(random_() % count);
  }
  [[nodiscard]] std::int64_t number(std::size_t count) {
    return static_cast<std::int64_t>(below(count));
  }
  [[nodiscard]] std::string agent() { return "agent " + std::to_string(below(5)); }
  [[nodiscard]] std::string project() { return below(2) == 0 ? "" : "p"; }

  std::mt19937_64 random_;
};

/// What two agents wrote each other, in every way that version 1 knew.
void fill(world& w) {
  auto first = letter("x", {"ada", "bob"});
  auto answer = letter("y", {"sender", "ada"});
  answer.from = "ada";
  w.store_all({post(first), post(answer)});            // 1, 2
  w.store_mark(mark("x", "bob", mark_kind::ack, 200)); // 3
  auto silent = letter("z", {"bob"}, "q");
  silent.thread_id = "";
  silent.ack_required = false;
  w.store_post(silent); // 4
  first.recipients = domain::recipients_of({"late", "sender"}, {}, {});
  w.store_post(first); // 5
  auto elsewhere = agent_named("one", "s1");
  elsewhere.project = "agents only";
  w.store_all({storage::put_agent{elsewhere}});
}

storage::thread_summary thread_of(storage::reader& from, const std::string& agent) {
  const auto found = value_of(from.threads("p", agent, 0, 10));
  REQUIRE(found.size() == 1);
  return found[0];
}

} // namespace

TEST_CASE("a database of version 1 is migrated and keeps every row", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  world w{"sqlite"};
  fill(w);
  make_version_1(path, w.file());
  {
    sqlite3* raw = nullptr; // An agent's project need not have been in the table of projects.
    REQUIRE(sqlite3_open(path.c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw, "DELETE FROM projects WHERE name = 'agents only'", nullptr, nullptr,
                         nullptr)
            == SQLITE_OK);
    REQUIRE(sqlite3_changes(raw) == 1);
    REQUIRE(sqlite3_close(raw) == SQLITE_OK);
  }

  const auto opened = value_of(storage::open_sqlite(options_for(path)));
  REQUIRE(rows_of(path) == rows_of(w.file()));
  REQUIRE(value_of(opened->verify(std::chrono::seconds{10})));
  const auto reader = value_of(opened->open_reader());
  const auto count = [&](const std::string& agent) { return thread_of(*reader, agent); };
  REQUIRE(count("ada").message_count == 2); // Once for what she sent to herself.
  REQUIRE(count("ada").last_cursor == 2);
  REQUIRE(count("bob").message_count == 1);
  REQUIRE(count("bob").last_cursor == 1);
  REQUIRE(count("late").message_count == 1);
  REQUIRE(count("late").last_cursor == 5);
  REQUIRE(count("sender").message_count == 2); // The late entry is of what it had sent.
  REQUIRE(count("sender").last_cursor == 5);
  const auto thread = value_of(reader->thread("p", "thread", 2, 10));
  REQUIRE(thread.size() == 1);
  REQUIRE(thread[0].at == 5);
  const auto stale = [&](const std::string& agent) {
    return cursors_of(value_of(reader->stale_acks("p", agent, at_second(100), 10)));
  };
  REQUIRE(stale("ada") == cursors{1, 2});
  REQUIRE(stale("bob").empty());
  REQUIRE(stale("sender") == cursors{2, 5});
  const auto projects = value_of(reader->projects({}, 10));
  REQUIRE(projects.size() == 3);
  REQUIRE(projects[0].project == "agents only");
  REQUIRE(projects[0].agents == 1);
}

TEST_CASE("what is kept beside the rows is what a migration would make of them", "[sqlite]") {
  const auto seed = GENERATE(range(std::uint64_t{1}, std::uint64_t{9}));
  CAPTURE(seed);
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  world w{"sqlite"};
  random_mail draw{seed};
  for (int i = 0; i < 60; ++i)
    w.store_all({draw.operation(), draw.operation(), draw.operation()});
  make_version_1(path, w.file());
  const auto opened = value_of(storage::open_sqlite(options_for(path)));
  const auto kept = rows_of(w.file());
  const auto made = rows_of(path);
  for (const auto* table : {"threads", "late_entries", "pending_acks"})
    REQUIRE(kept.at(table).size() > 3);
  for (const auto& [table, rows] : kept) {
    CAPTURE(table);
    REQUIRE(made.at(table) == rows);
  }
}

TEST_CASE("a migration that fails leaves version 1, one that is killed is made good", "[sqlite]") {
  temp_directory directory;
  const auto path = directory.path() / "mail.db";
  world w{"sqlite"};
  fill(w);
  make_version_1(path, w.file());
  const auto before = rows_of(path);
  auto options = options_for(path);

  SECTION("it fails in its last step") {
    auto db = value_of(connection::open(path.string(), access::write, options.busy_timeout));
    require_ok(db.execute("CREATE TABLE replays (mine)"));
    REQUIRE_FALSE(storage::open_sqlite(options));
    REQUIRE(value_of(db.value("PRAGMA user_version")) == "1");
    require_ok(db.execute("DROP TABLE replays"));
    REQUIRE(rows_of(path) == before);
  }
  SECTION("it is killed before its commit") {
    auto db = value_of(connection::open(path.string(), access::write, options.busy_timeout));
    require_ok(db.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                          + std::string{migrations()[1].sql} + "PRAGMA user_version = 2"));
    REQUIRE(sqlite3_db_cacheflush(db.raw()) == SQLITE_OK); // Half of it is in the log.
    REQUIRE(fs::file_size(path.string() + "-wal") > 8192U);
    options.path = directory.path() / "copy.db";
    for (const auto* suffix : {"", "-wal"})
      fs::copy_file(path.string() + suffix, options.path.string() + suffix);
    REQUIRE(rows_of(options.path) == before);
  }
  const auto opened = value_of(storage::open_sqlite(options));
  REQUIRE(rows_of(options.path) == rows_of(w.file()));
  REQUIRE(value_of(opened->verify(std::chrono::seconds{10})));
}

TEST_CASE("the first migration is what was released", "[sqlite]") {
  std::ostringstream digest;
  for (const auto byte : base::sha256(migrations()[0].sql))
    digest << std::hex << std::setw(2) << std::setfill('0')
           << static_cast<unsigned>(static_cast<unsigned char>(byte));
  REQUIRE(migrations()[0].version == 1);
  REQUIRE(digest.str() == "1f03c71440388d877b4e9fd1128b853004a4c3a32c3f022c01eec83e0cde9858");
}

} // namespace intermute::test
