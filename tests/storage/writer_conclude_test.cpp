#include "tests/storage/writer_rig.hpp"

namespace intermute::test {

namespace {

/// Concludes its change with a kept reply that tells at which cursor its message is.
class concluding final : public tagged {
public:
  /// @param asked     Counts the questions; outlives this.
  /// @param poisoned  From that question on the conclusion is one that the store refuses.
  concluding(int number, int& asked, int poisoned = 1'000)
    : tagged(number), asked_(asked), poisoned_(poisoned) {}

  std::optional<storage::row_operation> conclude(const storage::change& what) const override {
    if (++asked_ >= poisoned_)
      return poison();
    const auto& put = std::get<storage::put_message_outcome>(what.outcomes.at(0));
    return storage::put_replay{std::to_string(tag), "body", std::to_string(put.at), at_second(100),
                               at_second(200)};
  }

private:
  int& asked_;
  int poisoned_;
};

/// What the change `tag` was concluded with; "none" if that is not stored.
std::string concluded(rig& r, int tag) {
  const auto reader = value_of(r.store.open_reader());
  const auto found = value_of(reader->find_replay(std::to_string(tag), at_second(100)));
  return found ? found->reply : "none";
}

} // namespace

TEST_CASE("what a change concludes with knows its outcomes and is stored with it", "[writer]") {
  rig r;
  int asked = 0;
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(std::make_unique<concluding>(2, asked), 1, 1,
                   {good(2), mark("m1", "ada", storage::mark_kind::read, 5)}));
  REQUIRE(r.submit(3, 2, 1, {good(3)}));
  REQUIRE(asked == 0); // It is asked in the transaction, not before.
  REQUIRE(r.writer->step() == 3);
  REQUIRE(asked == 1);
  REQUIRE(r.cursor(2) == 2);
  REQUIRE(concluded(r, 2) == "2");
  REQUIRE(r.changes[2]->outcomes.size() == 2); // Of the operations alone.
  REQUIRE(r.cursor(3) == 4);
  REQUIRE(r.store.replays() == 1);
  REQUIRE(r.reports[0].stored == 3);
}

TEST_CASE("a conclusion may take cursors of its own", "[writer]") {
  class marking final : public tagged {
  public:
    using tagged::tagged;
    std::optional<storage::row_operation> conclude(const storage::change&) const override {
      return storage::put_reservation{hold("h", "ada")};
    }
  };
  rig r;
  REQUIRE(r.submit(std::make_unique<marking>(1), 1, 1, {good(1)}));
  REQUIRE(r.submit(2, 1, 1, {good(2)}));
  REQUIRE(r.writer->step() == 2);
  REQUIRE(r.store.reservations().size() == 1);
  REQUIRE(r.cursor(2) == 3);
  REQUIRE(r.store.committed().high_water == 3);
  r.require_growing();
}

TEST_CASE("a conclusion is asked for again when its batch is replayed", "[writer]") {
  rig r;
  int asked = 0;
  // The operations of 1 and 2 and the conclusion of 2 go well, the operation of 3 fails. In the
  // replay that of 1 fails, so that 2 moves up to the first cursor.
  r.fail("apply", errc::storage_failed, 2, 3);
  REQUIRE(r.submit(1, 1, 1, {good(1)}));
  REQUIRE(r.submit(std::make_unique<concluding>(2, asked), 2, 1, {good(2)}));
  REQUIRE(r.submit(3, 3, 1, {good(3)}));
  REQUIRE(r.writer->step() == 3);
  REQUIRE_FALSE(r.stored(1));
  REQUIRE(r.stored(2));
  REQUIRE(r.stored(3));
  REQUIRE(asked == 2);
  REQUIRE(r.cursor(2) == 1);
  REQUIRE(concluded(r, 2) == "1"); // Of what is stored, not of what was tried first.
  REQUIRE(r.store.replays() == 1);
  r.require_growing();
}

TEST_CASE("a change whose conclusion fails is not stored", "[writer]") {
  const int poisoned = GENERATE(1, 2);
  CAPTURE(poisoned);
  rig r;
  int asked = 0;
  int asked_of_others = 0;
  if (poisoned == 2) // The first question goes well; a fault elsewhere has it asked again.
    r.fail("apply", errc::storage_busy, 1, 4);
  REQUIRE(r.submit(std::make_unique<concluding>(1, asked_of_others), 1, 1, {good(1)}));
  REQUIRE(r.submit(std::make_unique<concluding>(2, asked, poisoned), 2, 1, {good(2)}));
  REQUIRE(r.submit(std::make_unique<concluding>(3, asked_of_others), 1, 1, {good(3)}));
  REQUIRE(r.submit(4, 2, 1, {good(4)}));
  REQUIRE(r.writer->step() == 4);
  REQUIRE(asked == 2);
  REQUIRE(r.stored(1));
  REQUIRE(r.code(2) == errc::internal);
  REQUIRE(r.changes[2]->outcomes.empty());
  REQUIRE(r.stored(3));
  REQUIRE(r.detail(4) == r.detail(2)); // It may rest on what failed.
  REQUIRE(r.store.messages().size() == 2);
  REQUIRE(concluded(r, 1) == "1");
  REQUIRE(concluded(r, 2) == "none");
  REQUIRE(concluded(r, 3) == "2");
  REQUIRE_FALSE(r.reports[0].fault); // The store itself works.
  REQUIRE(r.store.cursors() == cursors{1, 2});
}

TEST_CASE("a conclusion shares the fate of its batch", "[writer]") {
  const bool in_file = GENERATE(false, true);
  CAPTURE(in_file);
  rig r;
  int asked = 0;
  r.fail(in_file ? "commit_after" : "commit", errc::storage_failed);
  REQUIRE(r.submit(std::make_unique<concluding>(1, asked), 1, 1, {good(1)}));
  REQUIRE(r.writer->step() == 1);
  REQUIRE(r.stored(1) == in_file);
  REQUIRE(concluded(r, 1) == (in_file ? "1" : "none"));
  REQUIRE(asked == 1);
}

TEST_CASE("a change that is rejected is not asked what it concludes with", "[writer]") {
  rig r;
  int asked = 0;
  REQUIRE(r.submit(1, 1, 1, {poison()}));
  REQUIRE(r.submit(std::make_unique<concluding>(2, asked), 1, 1, {good(2)}));
  REQUIRE(r.writer->step() == 2);
  REQUIRE_FALSE(r.stored(2));
  REQUIRE(asked == 0);
}

TEST_CASE("a change without a context is stored as any other", "[writer]") {
  struct deaf final : storage::commit_listener {
    void decided(std::vector<storage::change_ptr> batch, const storage::batch_report&) override {
      REQUIRE(batch.size() == 1);
      REQUIRE_FALSE(batch[0]->failure);
    }
  };
  memory_store store;
  deaf listener;
  const still_clock clock;
  storage::writer writer{value_of(store.open_engine()), {}, listener, clock};
  auto made = std::make_unique<storage::change>();
  made->operations = {good(1)};
  REQUIRE(writer.submit(made));
  REQUIRE(writer.step() == 1);
  REQUIRE(store.messages().size() == 1);
}

} // namespace intermute::test
