#include "tests/storage/support.hpp"

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
  const auto reader = value_of(store.open_reader());
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
    failing = "reader.agents";
    REQUIRE_FALSE(reader->agents());
    failing = "reader.inbox";
    REQUIRE_FALSE(reader->inbox({}));
    failing = "reader.load_inbox";
    REQUIRE_FALSE(reader->load_inbox("p", "ada", 1));
    failing = "reader.events";
    REQUIRE_FALSE(reader->events({}));
    failing = "";
    REQUIRE(reader->events({}));
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
  store.crash();
  REQUIRE_FALSE(engine->commit({2, last}));
  REQUIRE_FALSE(engine->reopen());
  REQUIRE_FALSE(reader->agents());
  const auto second = value_of(store.open_engine());
  REQUIRE(second->state().high_water == 1);
  REQUIRE(store.messages().size() == 1);
}

TEST_CASE("the memory store tells its whole committed state", "[memory]") {
  memory_store store;
  const auto engine = value_of(store.open_engine());
  storage::cursor last = 0;
  require_ok(engine->begin());
  for (const auto& one : std::vector<storage::row_operation>{
         post(letter("x", {"ada", "bob"})), mark("x", "bob", storage::mark_kind::read, 200),
         post(letter("x", {"cyd"})), storage::put_agent{agent_named("one", "s1")}})
    REQUIRE(engine->apply(one, last));
  REQUIRE(store.messages().empty());
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
  REQUIRE(store.cursors() == cursors{1, 2, 3});
  REQUIRE(store.agents().size() == 1);
  REQUIRE(store.committed().batch == 7);
  REQUIRE(store.committed().high_water == 3);
}

} // namespace intermute::test
