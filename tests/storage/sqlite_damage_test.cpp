#include "storage/sqlite/message_row.hpp"
#include "tests/storage/support.hpp"

#include <sqlite3.h>

#include <fstream>
#include <limits>

namespace intermute::test {

using base::errc;
using storage::sqlite::decode_recipients;
using storage::sqlite::encode_recipients;
using storage::sqlite::stored_recipient;

namespace {

/// Changes the file of `w` behind the store's back.
void tamper(world& w, const std::string& sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(w.file().c_str(), &db) == SQLITE_OK);
  const auto code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  CAPTURE(sqlite3_errmsg(db));
  REQUIRE(code == SQLITE_OK);
  REQUIRE(sqlite3_changes(db) > 0);
  REQUIRE(sqlite3_close(db) == SQLITE_OK);
}

/// The error that a test expects.
template <class T>
base::error why_of(const base::result<T>& failed) {
  REQUIRE_FALSE(failed);
  return failed.why();
}

base::error inbox_failure(world& w) {
  storage::inbox_query wanted;
  wanted.project = "p";
  wanted.agent = "ada";
  const auto found = w.reader().inbox(wanted);
  REQUIRE_FALSE(found);
  return found.why();
}

} // namespace

TEST_CASE("a message that does not match its checksum is found and named", "[sqlite]") {
  const std::string change = GENERATE(
    as<std::string>{}, //
    "body = 'b0dy'", "subject = ''", "topic = 'other'", "thread = 'other'", "importance = 'high'",
    "ack_required = 0", "created_at = created_at + 1", "sender = sender + 1", "id = 'y'",
    "recipients = x'0100'", "subject = 'subjectb', body = 'ody'");
  CAPTURE(change);
  world w{"sqlite"};
  w.store_post(letter("w", {"ada", "bob"}));
  w.store_post(letter("x", {"ada", "bob"}));
  tamper(w, "UPDATE messages SET " + change + " WHERE cursor = 2");
  const auto why = inbox_failure(w);
  REQUIRE(why.code == errc::storage_corrupt);
  REQUIRE_THAT(why.detail, Catch::Contains("cursor 2"));
  const auto loaded = w.reader().load_inbox("p", "ada", 10);
  REQUIRE_FALSE(loaded);
  REQUIRE(loaded.why().code == errc::storage_corrupt);
  const auto verified = w.store().verify(std::chrono::seconds{10});
  REQUIRE_FALSE(verified);
  REQUIRE(verified.why().code == errc::storage_corrupt);
  REQUIRE_THAT(verified.why().detail, Catch::Contains("cursor 2"));
}

TEST_CASE("an entry whose message is missing is an error, not a gap", "[sqlite]") {
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  w.store_post(letter("y", {"ada"}));
  tamper(w, "DELETE FROM messages WHERE cursor = 1");
  REQUIRE(inbox_failure(w).code == errc::storage_corrupt);
  const auto events = w.reader().events({"p", "ada", 0, 10});
  REQUIRE_FALSE(events);
  REQUIRE(events.why().code == errc::storage_corrupt);
}

TEST_CASE("damage is an error in every list that it touches", "[sqlite]") {
  struct damage {
    std::string sql;
    std::string what; ///< Of the error.
    bool in_threads = false;
    bool in_thread = false; ///< Read from cursor 2 on.
    bool in_stale_acks = false;
    bool in_topic = false;
  };
  const auto [sql, what, in_threads, in_thread, in_stale_acks, in_topic] = GENERATE(values<damage>({
    {"DELETE FROM messages WHERE cursor = 1", "cursor 1", false, true, true, false},
    {"DELETE FROM messages WHERE cursor = 2", "cursor 2", true, false, true, false},
    {"DELETE FROM inbox WHERE agent = (SELECT key FROM names WHERE name = 'ada')", "is missing",
     false, false, true, false},
    {"UPDATE messages SET body = 'b0dy' WHERE cursor = 2", "checksum", true, false, true, true},
    {"UPDATE messages SET body = 'b0dy' WHERE cursor = 1", "checksum", false, true, true, true},
  }));
  CAPTURE(sql);
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  w.store_post(letter("y", {"ada"}));
  w.store_post(letter("x", {"ada", "late"})); // At 3; stands behind y now.
  tamper(w, sql);
  const auto require_error = [&, &text = what](bool expected, const auto& found) {
    REQUIRE(static_cast<bool>(found) != expected);
    if (!expected)
      return;
    REQUIRE(why_of(found).code == errc::storage_corrupt);
    REQUIRE_THAT(why_of(found).detail, Catch::Contains(text));
  };
  require_error(in_threads, w.reader().threads("p", "ada", 0, 10));
  require_error(in_thread, w.reader().thread("p", "thread", 2, 10));
  require_error(in_stale_acks, w.reader().stale_acks("p", "ada", at_second(900), 10));
  require_error(in_topic, w.reader().topic("p", "topic", 0, 10));
}

TEST_CASE("a damaged reservation, event or contact is an error", "[sqlite]") {
  world w{"sqlite"};
  w.store_all({storage::put_agent{agent_named("one", "s1")},
               storage::set_contact{"one", "friend", true, at_second(10)}});
  w.store_hold(hold("h", "holder"));
  const auto events = [&] { return why_of(w.reader().events({"p", "ada", 0, 10})); };

  SECTION("an event whose reservation is missing") {
    tamper(w, "DELETE FROM reservations");
    REQUIRE(events().code == errc::storage_corrupt);
    REQUIRE_THAT(events().detail, Catch::Contains("cursor 1"));
  }
  SECTION("an event of no known kind") {
    tamper(w, "UPDATE events SET kind = 7");
    REQUIRE(events().code == errc::storage_corrupt);
  }
  SECTION("a reservation's end that cannot be") {
    tamper(w, "UPDATE reservations SET released_at = 1, ended = 4");
    REQUIRE(why_of(w.reader().find_reservation("h")).code == errc::storage_corrupt);
    REQUIRE(why_of(w.reader().reservations_of("holder")).code == errc::storage_corrupt);
  }
  SECTION("a holder without a name") {
    tamper(w, "DELETE FROM names WHERE name = 'holder'");
    REQUIRE(why_of(w.reader().open_reservations("p")).code == errc::storage_corrupt);
    REQUIRE(events().code == errc::storage_corrupt);
  }
  SECTION("a contact without a name") {
    tamper(w, "DELETE FROM names WHERE name = 'friend'");
    REQUIRE(why_of(w.reader().agents()).code == errc::storage_corrupt);
  }
  SECTION("a contact of no agent") {
    tamper(w, "UPDATE contacts SET agent = 9");
    REQUIRE(why_of(w.reader().agents()).code == errc::storage_corrupt);
  }
}

TEST_CASE("a name that is missing is an error", "[sqlite]") {
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  tamper(w, "DELETE FROM names WHERE name = 'sender'");
  REQUIRE(inbox_failure(w).code == errc::storage_corrupt);
}

TEST_CASE("overwritten pages are found by verify", "[sqlite]") {
  const auto page = GENERATE(3, 10, 40, 90);
  CAPTURE(page);
  world w{"sqlite"};
  std::vector<storage::row_operation> many;
  for (int i = 0; i < 1000; ++i) {
    auto one = letter(uuid(i), {"ada", "bob"});
    one.body = std::string(500, 'b');
    many.push_back(post(std::move(one), false));
  }
  w.store_all(many);
  require_ok(w.engine().make_durable());
  REQUIRE(value_of(w.store().verify(std::chrono::seconds{10})));
  {
    std::fstream file{w.file(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp((page - 1) * 8192 + 3);
    file << std::string(4000, '\x5A');
  }
  const auto verified = w.store().verify(std::chrono::seconds{10});
  REQUIRE_FALSE(verified);
  REQUIRE(verified.why().code == errc::storage_corrupt);
}

TEST_CASE("verify keeps to its time", "[sqlite]") {
  world w{"sqlite"};
  std::vector<storage::row_operation> many;
  for (int i = 0; i < 3000; ++i)
    many.push_back(post(letter(uuid(i), {"ada"}), false));
  w.store_all(many);
  REQUIRE_FALSE(value_of(w.store().verify(std::chrono::milliseconds{0})));
  REQUIRE(value_of(w.store().verify(std::chrono::seconds{30})));
}

TEST_CASE("recipients survive their encoding", "[sqlite]") {
  constexpr auto high = std::numeric_limits<std::int64_t>::max();
  const std::vector<stored_recipient> all{
    {1, domain::recipient_kind::to, 0},
    {127, domain::recipient_kind::cc, 1},
    {128, domain::recipient_kind::bcc, std::uint64_t{1} << 60U},
    {high, domain::recipient_kind::to, 0}};
  const auto bytes = encode_recipients(all);
  const auto decoded = decode_recipients(bytes);
  REQUIRE(decoded);
  REQUIRE(decoded->size() == all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    REQUIRE(decoded->at(i).name == all[i].name);
    REQUIRE(decoded->at(i).kind == all[i].kind);
    REQUIRE(decoded->at(i).at == all[i].at);
  }
  REQUIRE(decode_recipients("")->empty());
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) // Never reads beyond the end.
    (void)decode_recipients(std::string_view{bytes}.substr(0, cut));
  REQUIRE_FALSE(decode_recipients("\x01"));
  REQUIRE_FALSE(decode_recipients("\x01\x03"));
  REQUIRE_FALSE(decode_recipients(std::string(20, '\xFF')));
}

} // namespace intermute::test
