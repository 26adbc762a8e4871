#include "storage/sqlite/snapshot.hpp"
#include "tests/storage/support.hpp"

#include <chrono>

namespace intermute::test {

using namespace std::chrono_literals;
using storage::sqlite::connection;
using storage::sqlite::snapshots;

TEST_CASE("a read that takes too long is given up, and the next one works", "[sqlite]") {
  auto db = value_of(connection::open_memory());
  const auto endless = value_of(db.prepare(
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"));
  const auto short_one = value_of(db.prepare("SELECT 7"));
  const auto reads = value_of(snapshots::open(db));
  const auto first_number = [&](const storage::sqlite::statement& what) {
    return [&]() -> base::result<std::int64_t> {
      storage::sqlite::run row{what};
      if (const auto found = row.next(); !found)
        return found.why();
      return row.integer(0);
    };
  };
  for (int round = 0; round < 3; ++round) {
    const auto began = std::chrono::steady_clock::now();
    const auto given_up = reads->in_one(30ms, first_number(endless));
    REQUIRE_FALSE(given_up);
    REQUIRE(given_up.why().code == base::errc::storage_busy);
    REQUIRE_THAT(given_up.why().detail, Catch::Contains("took too long"));
    REQUIRE(std::chrono::steady_clock::now() - began < 5s);
    REQUIRE_FALSE(db.in_transaction());
    REQUIRE(value_of(reads->in_one(1s, first_number(short_one))) == 7);
  }
}

TEST_CASE("everything read in one snapshot is of one moment", "[sqlite]") {
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  storage::sqlite_options options;
  auto db = value_of(
    connection::open(w.file().string(), storage::sqlite::access::read, options.busy_timeout));
  const auto reads = value_of(snapshots::open(db));
  const auto count = [&] { return value_of(db.value("SELECT count(*) FROM messages")); };
  const auto both
    = value_of(reads->in_one(1s, [&]() -> base::result<std::pair<std::string, std::string>> {
        auto before = count();
        w.store_post(letter("y", {"ada"}));
        return std::pair{std::move(before), count()};
      }));
  REQUIRE(both.first == "1");
  REQUIRE(both.second == "1");
  REQUIRE(count() == "2");
}

} // namespace intermute::test
