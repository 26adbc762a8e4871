#include "tests/storage/writer_rig.hpp"

namespace intermute::test {

TEST_CASE("an engine whose rollback failed is reopened before the next batch", "[writer]") {
  rig r;
  r.rollback.fails = true;
  const bool in_replay = GENERATE(false, true);
  CAPTURE(in_replay);
  // In the replay the poisoned change cannot be undone alone, so its transaction is given up.
  r.fail("apply", errc::storage_full, in_replay ? 2 : 1);
  r.rollback.spared = in_replay ? 1 : 0;
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(2, 2, 1, {good(2)}));
  REQUIRE(r.writer->step() == 2);
  for (const int tag : {1, 2})
    REQUIRE(r.code(tag) == errc::storage_full);
  REQUIRE(r.store.messages().empty());
  REQUIRE_FALSE(r.reports[0].uncertain);
  REQUIRE(r.reports[0].fault->code == errc::storage_full);
  r.rollback.fails = false;
  (void)r.called();

  SECTION("by the next step") {
    r.store_one(9, 9);
    REQUIRE(r.called() == calls{"reopen", "begin", "commit", "commit_after"});
  }
  SECTION("by the step after that when reopening fails too") {
    r.fail("reopen", errc::storage_corrupt);
    r.store_one(8, 8);
    REQUIRE(r.code(8) == errc::storage_corrupt);
    REQUIRE(r.called() == calls{"reopen"});
    REQUIRE_FALSE(r.reports.back().uncertain);
    r.store_one(9, 9);
  }
  REQUIRE(r.stored(9));
  REQUIRE(r.store.messages().size() == 1);
}

TEST_CASE("a transaction that is given up in the replay takes its whole batch along", "[writer]") {
  rig r;
  r.fail("apply", errc::storage_full);
  r.fail("savepoint", errc::storage_full, 1, 1); // The second change: no savepoint to go back to.
  for (int tag = 1; tag <= 3; ++tag)
    REQUIRE(r.submit(tag, static_cast<owner_id>(tag), 1, {good(tag)}));
  REQUIRE(r.writer->step() == 3);
  for (const int tag : {1, 2, 3})
    REQUIRE(r.code(tag) == errc::storage_full);
  REQUIRE(r.reports[0].stored == 0);
  REQUIRE(r.reports[0].fault);
  REQUIRE(r.store.messages().empty());
  r.store_one(4, 1, 2);
  REQUIRE(r.stored(4));
  r.require_growing();
}

TEST_CASE("a commit that failed and left no batch fails all of it", "[writer]") {
  rig r;
  r.store_one(1);
  r.fail("commit", errc::storage_full);
  (void)r.called();
  REQUIRE(r.submit(2, 1, 1, {good(2)}));
  REQUIRE(r.submit(3, 2, 1, {good(3)}));
  REQUIRE(r.writer->step() == 2);
  REQUIRE(r.called() == calls{"begin", "commit", "reopen"});
  for (const int tag : {2, 3}) {
    REQUIRE(r.code(tag) == errc::storage_full);
    REQUIRE(r.changes[tag]->outcomes.empty());
  }
  REQUIRE(r.reports[1].fault->code == errc::storage_full);
  REQUIRE(r.reports[1].stored == 0);
  REQUIRE_FALSE(r.reports[1].uncertain);
  REQUIRE(r.store.messages().size() == 1);

  r.store_one(4, 1, 1);
  REQUIRE(r.code(4) == errc::storage_full); // It may rest on what failed.
  r.store_one(5, 1, 2);
  r.store_one(6, 3, 1);
  REQUIRE(r.stored(5));
  REQUIRE(r.stored(6));
  REQUIRE(r.cursor(5) > 3); // 2 and 3 went to the batch that failed.
  REQUIRE(r.store.committed().batch == 3);
  r.require_growing();
}

TEST_CASE("a commit that is told as failed but is in the file is a yes, once durable", "[writer]") {
  rig r;
  r.fail("commit_after", errc::storage_failed);
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(2, 2, 1, {good(2)}));
  REQUIRE(r.writer->step() == 2);
  REQUIRE(r.called() == calls{"begin", "commit", "commit_after", "reopen", "make_durable"});
  REQUIRE(r.stored(1));
  REQUIRE(r.stored(2));
  REQUIRE(r.cursor(2) == 2);
  REQUIRE(r.reports[0].stored == 2);
  REQUIRE(r.reports[0].fault->code == errc::storage_failed); // For the breaker.
  REQUIRE_FALSE(r.reports[0].uncertain);
  r.store_one(3);
  REQUIRE(r.stored(3));
  REQUIRE(r.cursor(3) == 3);
  REQUIRE(r.store.committed().batch == 2);
  r.require_growing();
}

TEST_CASE("a commit that cannot be checked is unknown until the store comes back", "[writer]") {
  const bool in_file = GENERATE(false, true);
  CAPTURE(in_file);
  rig r;
  r.store_one(1);
  r.fail(in_file ? "commit_after" : "commit", errc::storage_failed);
  r.fail("reopen", errc::storage_corrupt, 2);
  REQUIRE(r.submit(2, 1, 1, {good(2)}));
  REQUIRE(r.submit(3, 2, 1, {good(3)}));
  REQUIRE(r.writer->step() == 2);
  for (const int tag : {2, 3}) {
    REQUIRE(r.code(tag) == errc::outcome_unknown);
    REQUIRE_FALSE(r.detail(tag).empty());
    REQUIRE(r.changes[tag]->outcomes.empty());
  }
  REQUIRE(r.reports[1].uncertain);
  REQUIRE(r.reports[1].stored == 0);
  REQUIRE(r.reports[1].fault);

  r.store_one(4, 3, 1); // Reopening fails once more: this one was certainly not stored.
  REQUIRE(r.code(4) == errc::storage_corrupt);
  REQUIRE(r.reports[2].uncertain);
  (void)r.called();

  r.store_one(5, 4, 1);
  REQUIRE(r.called() == calls{"reopen", "make_durable", "begin", "commit", "commit_after"});
  REQUIRE(r.stored(5));
  REQUIRE_FALSE(r.reports[3].uncertain);
  REQUIRE_FALSE(r.reports[3].fault);
  REQUIRE(r.cursor(5) == 4); // 2 and 3 were given out, whether they are in the file or not.
  REQUIRE(r.store.messages().size() == (in_file ? 4U : 2U));
  REQUIRE(r.store.committed().batch == (in_file ? 3U : 2U));

  r.store_one(6, 1, 1);
  REQUIRE(r.code(6) == errc::outcome_unknown); // The owner has not reloaded yet.
  r.store_one(7, 1, 2);
  REQUIRE(r.stored(7));
  r.require_growing();
}

TEST_CASE("a commit that is in the file but cannot be synced is unknown", "[writer]") {
  rig r;
  r.fail("commit_after", errc::storage_failed);
  r.fail("make_durable", errc::storage_failed, 2);
  r.store_one(1);
  REQUIRE(r.code(1) == errc::outcome_unknown);
  REQUIRE(r.reports[0].uncertain);
  REQUIRE(r.reports[0].stored == 0);
  (void)r.called();

  r.store_one(2, 2); // Nobody may read, and nothing is built upon it, before it is durable.
  REQUIRE(r.code(2) == errc::storage_failed);
  REQUIRE(r.called() == calls{"reopen", "make_durable"});
  REQUIRE(r.reports[1].uncertain);

  r.store_one(3, 3);
  REQUIRE(r.stored(3));
  REQUIRE(r.cursor(3) == 2);
  REQUIRE_FALSE(r.reports[2].uncertain);
  REQUIRE(r.store.messages().size() == 2);
  r.require_growing();
}

TEST_CASE("a barrier is enough to bring an uncertain store back", "[writer]") {
  rig r;
  r.fail("commit", errc::storage_failed);
  r.fail("reopen", errc::storage_failed);
  r.store_one(1);
  REQUIRE(r.reports[0].uncertain);
  REQUIRE(r.submit(2, 2, 1, {}));
  REQUIRE(r.writer->step() == 1);
  REQUIRE(r.stored(2));
  REQUIRE_FALSE(r.reports[1].uncertain);
  REQUIRE(r.store.messages().empty());
}

TEST_CASE("whatever fails, cursors grow and every yes is stored exactly once", "[writer]") {
  const std::string step = GENERATE(as<std::string>{}, "begin", "apply", "savepoint", "commit",
                                    "commit_after", "reopen", "make_durable");
  const int spared = GENERATE(0, 1, 2, 3, 4, 5, 6);
  const int times = GENERATE(1, 2, 5);
  CAPTURE(step, spared, times);
  rig r{{3, 64, 1}};
  r.fail(step, errc::storage_failed, times, spared);
  if (step == "reopen" || step == "make_durable" || step == "savepoint")
    r.fail(step == "savepoint" ? "apply" : "commit_after", errc::storage_failed, 3, 2);
  for (int tag = 0; tag < 40; ++tag) {
    REQUIRE(r.submit(tag, static_cast<owner_id>(tag % 3), static_cast<epoch>(tag), {good(tag)}));
    if (tag % 2 == 1)
      r.writer->step();
  }
  while (r.writer->step() > 0) { // Ends: the ring gets empty.
  }
  std::map<std::string, int> stored;
  for (const auto& one : r.store.messages())
    ++stored[one.message->id];
  int known = 0;
  for (int tag = 0; tag < 40; ++tag) {
    const auto found = stored["m" + std::to_string(tag)];
    if (r.stored(tag)) {
      REQUIRE(found == 1);
      ++known;
    } else if (r.code(tag) != errc::outcome_unknown) {
      REQUIRE(found == 0);
    }
  }
  REQUIRE(known > 10);
  REQUIRE(r.stored(39));
  r.require_growing();
}

} // namespace intermute::test
