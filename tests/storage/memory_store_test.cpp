#include "tests/storage/support.hpp"

#include <functional>
#include <string>

namespace intermute::test {

using base::errc;

TEST_CASE("the memory store fails where its hook says so", "[memory]") {
  memory_store store;
  std::string failing;
  store.set_fault([&](std::string_view step) {
    return step == failing ? std::optional{errc::storage_busy} : std::nullopt;
  });
  const auto engine = value_of(store.open_engine());
  storage::cursor last = 0;

  SECTION("and goes on when it no longer does") {
    failing = "begin";
    REQUIRE(engine->begin().why().code == errc::storage_busy);
    failing = "apply";
    require_ok(engine->begin());
    REQUIRE_FALSE(engine->apply(post(letter("x", {"ada"})), last));
    failing = "savepoint";
    REQUIRE_FALSE(engine->savepoint());
    failing = "";
    REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
    failing = "commit";
    REQUIRE_FALSE(engine->commit({1, last}));
    failing = "reopen";
    REQUIRE_FALSE(engine->begin());
    REQUIRE_FALSE(engine->reopen());
    failing = "make_durable";
    REQUIRE(value_of(engine->reopen()).batch == 0);
    REQUIRE_FALSE(engine->make_durable());
    REQUIRE(store.messages().empty());
  }
  SECTION("after a commit that it keeps") {
    require_ok(engine->begin());
    REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
    failing = "commit_after";
    REQUIRE_FALSE(engine->commit({1, last}));
    REQUIRE_FALSE(engine->begin());
    REQUIRE(value_of(engine->reopen()).batch == 1);
    REQUIRE(store.messages().size() == 1);
  }
}

TEST_CASE("every call of the memory store's reader has a step that can fail", "[memory]") {
  memory_store store;
  std::string failing;
  store.set_fault([&](std::string_view step) {
    return step == failing ? std::optional{errc::storage_busy} : std::nullopt;
  });
  const auto reader = value_of(store.open_reader());
  using works = std::function<bool()>;
  const std::vector<std::pair<std::string, works>> calls{
    {"agents", [&] { return bool{reader->agents()}; }},
    {"inbox", [&] { return bool{reader->inbox({})}; }},
    {"load_inbox", [&] { return bool{reader->load_inbox("p", "ada", 1)}; }},
    {"events", [&] { return bool{reader->events({})}; }},
    {"message", [&] { return bool{reader->message("p", "x")}; }},
    {"threads", [&] { return bool{reader->threads("p", "ada", 0, 1)}; }},
    {"thread", [&] { return bool{reader->thread("p", "t", 0, 1)}; }},
    {"in_thread", [&] { return bool{reader->in_thread("p", "t", {"ada"})}; }},
    {"topic", [&] { return bool{reader->topic("p", "t", 0, 1)}; }},
    {"stale_acks", [&] { return bool{reader->stale_acks("p", "ada", at_second(1), 1)}; }},
    {"open_reservations", [&] { return bool{reader->open_reservations("p")}; }},
    {"reservations_of", [&] { return bool{reader->reservations_of("ada")}; }},
    {"find_reservation", [&] { return bool{reader->find_reservation("h")}; }},
    {"holds_any", [&] { return bool{reader->holds_any("ada", at_second(1))}; }},
    {"projects_with_reservations", [&] { return bool{reader->projects_with_reservations()}; }},
    {"find_replay", [&] { return bool{reader->find_replay("s", at_second(1))}; }},
    {"projects", [&] { return bool{reader->projects({}, 1)}; }},
  };
  for (const auto& failed : calls) {
    CAPTURE(failed.first);
    failing = "reader." + failed.first;
    for (const auto& [name, call] : calls)
      REQUIRE(call() == (name != failed.first));
  }
}

TEST_CASE("a crash of the memory store keeps what is committed and ends its connections",
          "[memory]") {
  memory_store store;
  const auto engine = value_of(store.open_engine());
  const auto reader = value_of(store.open_reader());
  storage::cursor last = 0;
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
  require_ok(engine->commit({1, last}));
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("y", {"ada"})), last));
  REQUIRE(engine->apply(storage::put_reservation{hold("h", "ada")}, last));
  REQUIRE(engine->apply(
    storage::put_replay{"scope", "body", "reply", at_second(100), at_second(200)}, last));
  store.crash();
  REQUIRE_FALSE(engine->commit({2, last}));
  REQUIRE_FALSE(engine->reopen());
  REQUIRE_FALSE(reader->agents());
  const auto second = value_of(store.open_engine());
  REQUIRE(second->state().high_water == 1);
  REQUIRE(store.messages().size() == 1);
  REQUIRE(store.reservations().empty());
  REQUIRE(store.replays() == 0);
}

TEST_CASE("the memory store counts its open connections", "[memory]") {
  memory_store store;
  REQUIRE(store.connections() == 0);
  auto engine = value_of(store.open_engine());
  auto reader = value_of(store.open_reader());
  REQUIRE(store.connections() == 2);
  store.crash();
  REQUIRE(store.connections() == 2);
  reader.reset();
  REQUIRE(store.connections() == 1);
  engine.reset();
  REQUIRE(store.connections() == 0);
}

TEST_CASE("the memory store tells its whole committed state", "[memory]") {
  memory_store store;
  const auto engine = value_of(store.open_engine());
  storage::cursor last = 0;
  require_ok(engine->begin());
  for (const auto& one : std::vector<storage::row_operation>{
         post(letter("x", {"ada", "bob"})), mark("x", "bob", storage::mark_kind::read, 200),
         post(letter("x", {"cyd"})), storage::put_agent{agent_named("one", "s1")},
         storage::put_reservation{hold("h", "ada")}, storage::put_reservation{hold("i", "bob")},
         storage::end_reservations{{"i"}, domain::release_reason::retired, at_second(150)},
         storage::put_replay{"scope", "body", "reply", at_second(100), at_second(200)}})
    REQUIRE(engine->apply(one, last));
  REQUIRE(store.messages().empty());
  REQUIRE(store.reservations().empty());
  REQUIRE(store.replays() == 0);
  require_ok(engine->commit({7, last}));
  const auto all = store.messages();
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].at == 1);
  REQUIRE(all[0].message->recipients.size() == 3);
  REQUIRE(all[0].entries.size() == 3);
  REQUIRE(all[0].entries[1].agent == "bob");
  REQUIRE(all[0].entries[1].entry.read_at == at_second(200));
  REQUIRE(all[0].entries[2].agent == "cyd");
  REQUIRE(all[0].entries[2].entry.at == 3);
  REQUIRE(store.cursors() == cursors{1, 2, 3, 4, 5, 6});
  REQUIRE(store.agents().size() == 1);
  REQUIRE(store.reservations().size() == 2);
  REQUIRE(same(store.reservations()[0], hold("h", "ada")));
  REQUIRE(store.reservations()[1].id == "i");
  REQUIRE(store.reservations()[1].released_at == at_second(150));
  REQUIRE(store.replays() == 1);
  REQUIRE(store.committed().batch == 7);
  REQUIRE(store.committed().high_water == 6);
}

} // namespace intermute::test
