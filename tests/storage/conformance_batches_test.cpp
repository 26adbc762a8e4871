#include "tests/storage/support.hpp"

namespace intermute::test {

using storage::mark_kind;

namespace {

/// Something of every kind; takes six cursors.
const std::vector<storage::row_operation>& one_of_each() {
  static const std::vector<storage::row_operation> all{
    post(letter("new", {"new agent"}, "new project")),
    post(letter("x", {"ada", "late"})),
    mark("x", "ada", mark_kind::read, 200),
    mark("x", "ada", mark_kind::ack, 200),
    storage::put_agent{agent_named("one", "s1")},
    storage::set_contact{"old", "ada", true, at_second(200)},
    storage::put_reservation{hold("new", "ada", "new project")},
    storage::end_reservations{{"open"}, domain::release_reason::released, at_second(150)},
    storage::put_replay{std::string(32, 's'), std::string(32, 'b'), "reply", at_second(200),
                        at_second(900)},
  };
  return all;
}

/// As it was before `one_of_each`.
void require_untouched(world& w) {
  auto& reader = w.reader();
  REQUIRE(w.inbox("new agent", "new project").empty());
  REQUIRE(w.inbox("late").empty());
  REQUIRE_FALSE(w.inbox("ada").at(0).read_at);
  REQUIRE(value_of(reader.agents()).size() == 1);
  REQUIRE(value_of(reader.agents()).at(0).contacts.empty());
  REQUIRE(value_of(reader.events({"p", "ada", 0, 10})).events.size() == 2);
  REQUIRE(value_of(reader.threads("p", "late", 0, 10)).empty());
  REQUIRE(value_of(reader.threads("new project", "new agent", 0, 10)).empty());
  REQUIRE(value_of(reader.thread("p", "thread", 0, 10)).at(0).at == 1);
  REQUIRE(value_of(reader.topic("new project", "topic", 0, 10)).empty());
  REQUIRE(value_of(reader.stale_acks("p", "ada", at_second(900), 10)).size() == 1);
  REQUIRE(value_of(reader.stale_acks("p", "late", at_second(900), 10)).empty());
  REQUIRE(value_of(reader.reservations_of("ada")).size() == 1);
  REQUIRE(same(value_of(reader.find_reservation("open")).value(), hold("open", "ada")));
  REQUIRE(value_of(reader.projects_with_reservations()) == texts{"p"});
  REQUIRE_FALSE(value_of(reader.find_replay(std::string(32, 's'), at_second(200))));
  REQUIRE(value_of(reader.projects({}, 10)).size() == 1);
}

} // namespace

TEST_CASE("a new store holds nothing", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  REQUIRE(w.engine().state().batch == 0);
  REQUIRE(w.engine().state().high_water == 0);
  REQUIRE(value_of(w.reader().agents()).empty());
  REQUIRE(w.inbox("ada").empty());
  REQUIRE(value_of(w.reader().events({"p", "ada", 0, 10})).events.empty());
  REQUIRE(value_of(w.reader().message("p", "x")).message == nullptr);
  REQUIRE(value_of(w.reader().threads("p", "ada", 0, 10)).empty());
  REQUIRE(value_of(w.reader().thread("p", "thread", 0, 10)).empty());
  REQUIRE(value_of(w.reader().in_thread("p", "thread", {"ada"})) == std::vector<bool>{false});
  REQUIRE(value_of(w.reader().topic("p", "topic", 0, 10)).empty());
  REQUIRE(value_of(w.reader().stale_acks("p", "ada", at_second(900), 10)).empty());
  REQUIRE(value_of(w.reader().open_reservations("p")).empty());
  REQUIRE(value_of(w.reader().reservations_of("ada")).empty());
  REQUIRE_FALSE(value_of(w.reader().find_reservation("h")));
  REQUIRE_FALSE(value_of(w.reader().holds_any("ada", at_second(150))));
  REQUIRE(value_of(w.reader().projects_with_reservations()).empty());
  REQUIRE_FALSE(value_of(w.reader().find_replay(std::string(32, 's'), at_second(0))));
  REQUIRE(value_of(w.reader().projects({}, 10)).empty());
  REQUIRE(value_of(w.store().verify(std::chrono::seconds{10})));
}

TEST_CASE("readers see a batch only once it is committed", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  require_ok(w.engine().begin());
  w.apply({post(letter("y", {"ada"})), mark("x", "ada", mark_kind::read, 200),
           storage::put_agent{agent_named("one", "s1")}});
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1});
  REQUIRE_FALSE(w.inbox("ada")[0].read_at);
  REQUIRE(value_of(w.reader().agents()).empty());
  REQUIRE(value_of(w.reader().load_inbox("p", "ada", 9)).high_water == 1);
  w.commit();
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 2});
  REQUIRE(w.inbox("ada")[0].read_at);
  REQUIRE(value_of(w.reader().agents()).size() == 1);
  REQUIRE(value_of(w.reader().load_inbox("p", "ada", 9)).high_water == 3);
}

TEST_CASE("a rollback leaves no trace", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_all({post(letter("x", {"ada"})), storage::put_agent{agent_named("old", "s0")},
               storage::put_reservation{hold("open", "ada")}});
  const auto before = w.last;
  require_ok(w.engine().begin());
  auto last = w.last;
  for (const auto& one : one_of_each())
    REQUIRE(w.engine().apply(one, last));
  REQUIRE(last == before + 6);
  require_ok(w.engine().rollback());
  require_untouched(w);

  SECTION("also when there is no transaction") { require_ok(w.engine().rollback()); }

  // Names met first in what was rolled back get other keys now.
  w.store_post(letter("a", {"first"}, "yet another project"));
  w.store_post(letter("new", {"new agent"}, "new project"));
  REQUIRE(w.inbox("first", "yet another project").at(0).message->id == "a");
  const auto entry = w.inbox("new agent", "new project").at(0);
  REQUIRE(entry.at == before + 2);
  REQUIRE(same(*entry.message, letter("new", {"new agent"}, "new project")));
}

TEST_CASE("a batch is replayed around its poisoned change", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  require_ok(w.engine().begin());

  require_ok(w.engine().savepoint());
  w.apply({post(letter("good", {"ada", "met before"}))});
  require_ok(w.engine().release_savepoint());

  const auto kept = w.last;
  require_ok(w.engine().savepoint());
  w.apply({post(letter("half", {"ada", "met inside"})), mark("x", "ada", mark_kind::read, 200)});
  REQUIRE_FALSE(w.engine().apply(post(letter("x", {"ada"}), false), w.last));
  require_ok(w.engine().rollback_to_savepoint());
  w.last = kept;

  require_ok(w.engine().savepoint());
  w.apply({post(letter("also good", {"met before", "met inside"}))});
  require_ok(w.engine().release_savepoint());
  w.commit();

  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 2});
  REQUIRE_FALSE(w.inbox("ada")[0].read_at);
  REQUIRE(cursors_of(w.inbox("met before")) == cursors{2, 3});
  REQUIRE(cursors_of(w.inbox("met inside")) == cursors{3});
  REQUIRE(
    same(*w.inbox("met inside")[0].message, letter("also good", {"met before", "met inside"})));
  REQUIRE(w.store_post(letter("half", {"ada"})).what == storage::put_message_outcome::kind::stored);
}

TEST_CASE("a savepoint that is rolled back leaves no trace of any operation", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_all({post(letter("x", {"ada"})), storage::put_agent{agent_named("old", "s0")},
               storage::put_reservation{hold("open", "ada")}});
  require_ok(w.engine().begin());
  require_ok(w.engine().savepoint());
  auto last = w.last;
  for (const auto& one : one_of_each())
    REQUIRE(w.engine().apply(one, last));
  require_ok(w.engine().rollback_to_savepoint());
  w.commit();
  require_untouched(w);
  w.store_all(one_of_each());
  REQUIRE(w.last == last);
  REQUIRE(value_of(w.reader().find_reservation("new")));
  REQUIRE(value_of(w.reader().projects({}, 10)).size() == 2);
}

TEST_CASE("high water and batch number survive a restart", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  w.last = 41; // Cursors may have been taken by a batch that failed.
  w.store_post(letter("y", {"ada"}));
  w.store_all({storage::put_agent{agent_named("one", "s1")}});
  w.restart();
  REQUIRE(w.engine().state().batch == 3);
  REQUIRE(w.engine().state().high_water == 42);
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 42});
  REQUIRE(value_of(w.reader().agents()).size() == 1);
  REQUIRE(w.store_post(letter("z", {"ada"})).at == 43);
}

TEST_CASE("what was not committed is gone after a restart", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  require_ok(w.engine().begin());
  w.apply({post(letter("y", {"ada"}))});
  w.restart();
  REQUIRE(w.engine().state().batch == 1);
  REQUIRE(w.engine().state().high_water == 1);
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1});
}

TEST_CASE("the engine can be reopened at any time", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));

  SECTION("between two batches") {
    const auto found = value_of(w.engine().reopen());
    REQUIRE(found.batch == 1);
    REQUIRE(found.high_water == 1);
  }
  SECTION("in the middle of one, which is lost") {
    require_ok(w.engine().begin());
    auto last = w.last;
    REQUIRE(w.engine().apply(post(letter("y", {"new agent"})), last));
    REQUIRE(value_of(w.engine().reopen()).batch == 1);
    REQUIRE(w.inbox("new agent").empty());
  }
  require_ok(w.engine().make_durable());
  REQUIRE(w.engine().state().batch == 1);
  w.store_post(letter("z", {"new agent", "ada"}));
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 2});
  w.engine().between_batches();
}

TEST_CASE("nothing is applied, saved or committed outside a transaction", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  REQUIRE_FALSE(w.engine().apply(post(letter("x", {"ada"})), w.last));
  REQUIRE_FALSE(w.engine().savepoint());
  REQUIRE_FALSE(w.engine().commit({1, 1}));
  REQUIRE(value_of(w.engine().reopen()).batch == 0);
  REQUIRE(w.inbox("ada").empty());
}

TEST_CASE("a store has one engine and any number of readers", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  REQUIRE_FALSE(w.store().open_engine());
  const auto second = value_of(w.store().open_reader());
  w.store_post(letter("x", {"ada"}));
  storage::inbox_query wanted;
  wanted.agent = "ada";
  REQUIRE(value_of(second->inbox(wanted)).size() == 1);
}

} // namespace intermute::test
