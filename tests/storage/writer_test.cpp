#include "tests/storage/writer_rig.hpp"

#include <thread>

namespace intermute::test {

TEST_CASE("what waits is committed as one batch, in ring order", "[writer]") {
  rig r;
  for (const int tag : {3, 1, 2})
    REQUIRE(r.submit(tag, static_cast<owner_id>(tag), 1, {good(tag)}));
  REQUIRE(r.writer->backlog() == 3);
  REQUIRE(r.writer->step() == 3);
  REQUIRE(r.writer->backlog() == 0);
  REQUIRE(r.called() == calls{"begin", "commit", "commit_after"});
  REQUIRE(r.batches == std::vector<tags>{{3, 1, 2}});
  REQUIRE(tags{static_cast<int>(r.cursor(3)), static_cast<int>(r.cursor(1)),
               static_cast<int>(r.cursor(2))}
          == tags{1, 2, 3});
  REQUIRE(r.reports[0].changes == 3);
  REQUIRE(r.reports[0].stored == 3);
  REQUIRE_FALSE(r.reports[0].fault);
  REQUIRE_FALSE(r.reports[0].uncertain);
  REQUIRE(r.store.committed().batch == 1);
  REQUIRE(r.store.committed().high_water == 3);
}

TEST_CASE("a batch takes at most what the options allow", "[writer]") {
  rig r{{2, 8, 0}};
  for (int tag = 1; tag <= 5; ++tag)
    REQUIRE(r.submit(tag, 1, 1, {good(tag)}));
  while (r.writer->step() > 0) { // Ends: the ring gets empty.
  }
  REQUIRE(r.batches == std::vector<tags>{{1, 2}, {3, 4}, {5}});
  REQUIRE(r.store.committed().batch == 3);
}

TEST_CASE("a step without changes decides nothing", "[writer]") {
  rig r;
  REQUIRE(r.writer->step() == 0);
  REQUIRE(r.reports.empty());
  REQUIRE(r.called().empty());
}

TEST_CASE("a full ring refuses and leaves the change", "[writer]") {
  rig r{{512, 2, 0}};
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(2, 1, 1, {good(2)}));
  auto third = std::make_unique<storage::change>();
  REQUIRE_FALSE(r.writer->submit(third));
  REQUIRE(third);
  REQUIRE(r.writer->step() == 2);
  REQUIRE(r.submit(4, 1, 1, {good(4)}));
}

TEST_CASE("all operations of a change have their outcome, a barrier has none", "[writer]") {
  rig r;
  REQUIRE(r.submit(1, 1, 1, {good(1), mark("m1", "ada", storage::mark_kind::read, 5), good(2)}));
  REQUIRE(r.submit(2, 1, 1, {}));
  REQUIRE(r.writer->step() == 2);
  REQUIRE(r.changes[1]->outcomes.size() == 3);
  REQUIRE(std::get<storage::mark_outcome>(r.changes[1]->outcomes[1]).first_time);
  REQUIRE(r.stored(2));
  REQUIRE(r.changes[2]->outcomes.empty());
  REQUIRE(r.reports[0].stored == 2);
}

TEST_CASE("a writer goes on where the store stands", "[writer]") {
  memory_store store;
  {
    const auto engine = value_of(store.open_engine());
    storage::cursor last = 41;
    require_ok(engine->begin());
    REQUIRE(engine->apply(post(letter("old", {"ada"})), last));
    require_ok(engine->commit({9, last}));
  }
  store.crash();
  rig r;
  const still_clock clock;
  storage::writer second{value_of(store.open_engine()), {}, r, clock};
  auto made = std::make_unique<storage::change>();
  made->operations = {good(1)};
  made->context = std::make_unique<tagged>(1);
  REQUIRE(second.submit(made));
  REQUIRE(second.step() == 1);
  REQUIRE(r.cursor(1) == 43);
  REQUIRE(store.committed().batch == 10);
}

TEST_CASE("a poisoned change is found, and it alone and what depends on it fails", "[writer]") {
  rig r;
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(2, 2, 1, {good(2)}));
  REQUIRE(r.submit(3, 1, 1, {good(3), poison()}));
  REQUIRE(r.submit(4, 1, 1, {good(4)}));
  REQUIRE(r.submit(5, 2, 1, {good(5)}));
  REQUIRE(r.submit(6, 1, 1, {}));
  REQUIRE(r.writer->step() == 6);
  REQUIRE(r.batches.size() == 1);
  for (const int tag : {1, 2, 5})
    REQUIRE(r.stored(tag));
  REQUIRE(r.code(3) == errc::internal);
  REQUIRE(r.changes[3]->outcomes.empty());
  for (const int tag : {4, 6})
    REQUIRE(r.detail(tag) == r.detail(3));
  REQUIRE(r.store.messages().size() == 3);
  REQUIRE(r.store.cursors() == cursors{1, 2, 3}); // The poisoned change left no gap.
  REQUIRE(r.cursor(5) == 3);
  REQUIRE(r.reports[0].stored == 3);
  REQUIRE_FALSE(r.reports[0].fault); // The store itself works.

  SECTION("the same epoch is rejected in later batches as well") {
    REQUIRE(r.submit(7, 1, 1, {good(7)}));
    REQUIRE(r.submit(8, 2, 1, {good(8)}));
    REQUIRE(r.writer->step() == 2);
    REQUIRE(r.detail(7) == r.detail(3));
    REQUIRE(r.stored(8));
  }
  SECTION("a new epoch is accepted") {
    REQUIRE(r.submit(7, 1, 1, {good(7)}));
    REQUIRE(r.submit(8, 1, 2, {good(8)}));
    REQUIRE(r.submit(9, 1, 2, {good(9)}));
    REQUIRE(r.writer->step() == 3);
    REQUIRE_FALSE(r.stored(7));
    REQUIRE(r.stored(8));
    REQUIRE(r.stored(9));
  }
  SECTION("a batch of rejected changes alone does not touch the store") {
    (void)r.called();
    r.store_one(7);
    REQUIRE_FALSE(r.stored(7));
    REQUIRE(r.called().empty());
    REQUIRE(r.reports.back().changes == 1);
    REQUIRE(r.reports.back().stored == 0);
  }
  r.require_growing();
}

TEST_CASE("two poisoned changes in one batch are both found", "[writer]") {
  rig r;
  REQUIRE(r.submit(1, 1, 1, {poison()}));
  REQUIRE(r.submit(2, 2, 1, {good(2)}));
  REQUIRE(r.submit(3, 3, 1, {poison()}));
  REQUIRE(r.submit(4, 4, 1, {good(4)}));
  REQUIRE(r.writer->step() == 4);
  REQUIRE_FALSE(r.stored(1));
  REQUIRE(r.stored(2));
  REQUIRE_FALSE(r.stored(3));
  REQUIRE(r.stored(4));
  REQUIRE(r.store.cursors() == cursors{1, 2});
}

TEST_CASE("a batch of poison alone is rolled back and reported as a fault", "[writer]") {
  rig r;
  REQUIRE(r.submit(1, 1, 1, {poison()}));
  REQUIRE(r.writer->step() == 1);
  REQUIRE_FALSE(r.stored(1));
  REQUIRE(r.reports[0].fault);
  REQUIRE(r.store.committed().batch == 0);
  r.store_one(2, 2);
  REQUIRE(r.stored(2));
}

TEST_CASE("a fault that passes hurts nobody", "[writer]") {
  rig r;
  r.fail("apply", errc::storage_failed, 1, 1);
  for (int tag = 1; tag <= 3; ++tag)
    REQUIRE(r.submit(tag, 1, 1, {good(tag)}));
  REQUIRE(r.writer->step() == 3);
  REQUIRE(r.reports[0].stored == 3);
  REQUIRE_FALSE(r.reports[0].fault);
  REQUIRE(r.store.cursors() == cursors{1, 2, 3});
}

TEST_CASE("a busy store is tried again, but not for ever", "[writer]") {
  rig r{{512, 64, 2}};
  const auto begins = [&] {
    const auto all = r.called();
    return std::count(all.begin(), all.end(), "begin");
  };
  SECTION("as often as the options say") {
    r.fail("begin", errc::storage_busy, 2);
    r.store_one(1);
    REQUIRE(r.stored(1));
    REQUIRE(begins() == 3);
  }
  SECTION("not once more") {
    r.fail("begin", errc::storage_busy, 3);
    r.store_one(1);
    REQUIRE(r.code(1) == errc::storage_busy);
    REQUIRE(r.reports[0].fault->code == errc::storage_busy);
    REQUIRE(begins() == 3);
    REQUIRE(r.store.messages().empty());
  }
  SECTION("and other faults are not tried again") {
    r.fail("begin", errc::storage_failed, 1);
    r.store_one(1);
    REQUIRE(r.code(1) == errc::storage_failed);
    REQUIRE(begins() == 1);
  }
  SECTION("a replay that finds the store busy fails the whole batch") {
    r.fail("begin", errc::storage_busy, 3, 1);
    r.fail("apply", errc::storage_failed);
    REQUIRE(r.submit(1, 1, 1, {good(1)}));
    REQUIRE(r.submit(2, 2, 1, {good(2)}));
    REQUIRE(r.writer->step() == 2);
    REQUIRE(r.code(1) == errc::storage_busy);
    REQUIRE(r.code(2) == errc::storage_busy);
    REQUIRE(begins() == 4);
  }
  r.store_one(9, 1, 2);
  REQUIRE(r.stored(9));
  r.require_growing();
}

TEST_CASE("closing refuses what comes, and what waits is still decided", "[writer]") {
  rig r{{2, 64, 0}};
  for (int tag = 1; tag <= 7; ++tag)
    REQUIRE(r.submit(tag, 1, 1, {good(tag)}));
  r.writer->close();
  auto late = std::make_unique<storage::change>();
  REQUIRE_FALSE(r.writer->submit(late));
  REQUIRE(late);
  std::thread thread{[&] { r.writer->run(); }};
  thread.join();
  REQUIRE(r.batches == std::vector<tags>{{1, 2}, {3, 4}, {5, 6}, {7}});
  REQUIRE(r.store.messages().size() == 7);
}

TEST_CASE("a running writer stores what is handed over meanwhile, then ends", "[writer]") {
  rig r{{4, 64, 0}};
  std::thread thread{[&] { r.writer->run(); }};
  for (int tag = 1; tag <= 500; ++tag)
    while (!r.submit(tag, 1, 1, {good(tag)})) // Ends: the writer makes room.
      std::this_thread::yield();
  r.writer->close();
  thread.join();
  REQUIRE(r.store.messages().size() == 500);
  tags order;
  for (const auto& batch : r.batches) {
    REQUIRE(batch.size() <= 4);
    order.insert(order.end(), batch.begin(), batch.end());
  }
  REQUIRE(order.size() == 500);
  REQUIRE(std::is_sorted(order.begin(), order.end()));
  r.require_growing();
}

} // namespace intermute::test
