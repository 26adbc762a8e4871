#include "actors/mailbox.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <thread>

namespace intermute::actors {
namespace {

struct fixture {
  explicit fixture(std::uint32_t capacity) { shared.capacity = capacity; }
  mailbox_class_state shared;
  std::shared_ptr<mailbox_gauge> gauge = std::make_shared<mailbox_gauge>(shared);

  /// Takes places for `source` until one is refused.
  std::uint32_t fill(source_id source, urgency kind) {
    std::uint32_t got = 0;
    while (gauge->try_take(source, kind)) // Ends: a mailbox is bounded.
      ++got;
    return got;
  }
};

} // namespace

TEST_CASE("the last tenth of a mailbox is kept for work that drains", "[actors]") {
  fixture f{100};
  std::uint32_t normal = 0;
  for (source_id source = 1; source <= 200; ++source)
    normal += f.gauge->try_take(source, urgency::normal) ? 1 : 0;
  REQUIRE(normal == 90);
  std::uint32_t draining = 0;
  for (source_id source = 1; source <= 200; ++source)
    draining += f.gauge->try_take(source, urgency::draining) ? 1 : 0;
  REQUIRE(draining == 10);
  REQUIRE(f.gauge->depth() == 100);
}

TEST_CASE("above half full one source holds no more than a quarter", "[actors]") {
  fixture f{100};
  const auto greedy = f.fill(7, urgency::normal);
  REQUIRE(greedy == 50); // Up to half of it: nobody else wants the places.
  SECTION("and a quiet source still gets in") { REQUIRE(f.gauge->try_take(8, urgency::normal)); }
  SECTION("and gets in again once it is below its share") {
    for (int i = 0; i < 26; ++i)
      f.gauge->give_back(7);
    for (source_id source = 100; source < 140; ++source)
      REQUIRE(f.gauge->try_take(source, urgency::normal));
    REQUIRE(f.gauge->try_take(7, urgency::normal)); // It holds 24 of 25.
    REQUIRE_FALSE(f.gauge->try_take(7, urgency::normal));
  }
}

TEST_CASE("a mailbox of one place takes one message", "[actors]") {
  fixture f{1};
  REQUIRE(f.gauge->try_take(1, urgency::normal));
  REQUIRE_FALSE(f.gauge->try_take(2, urgency::draining));
  f.gauge->give_back(1);
  REQUIRE(f.gauge->try_take(2, urgency::normal));
}

TEST_CASE("a limit that is changed counts from the next message on", "[actors]") {
  fixture f{4};
  REQUIRE(f.fill(0, urgency::draining) == 4);
  f.shared.capacity = 6;
  REQUIRE(f.fill(0, urgency::draining) == 2);
  f.shared.capacity = 2;
  REQUIRE_FALSE(f.gauge->try_take(0, urgency::draining));
}

TEST_CASE("a place gives itself back and says which mailbox was full", "[actors]") {
  fixture f{2};
  {
    auto first = place::take(f.gauge, 1, urgency::draining);
    auto second = place::take(f.gauge, 2, urgency::draining);
    REQUIRE((first && second));
    const auto third = place::take(f.gauge, 3, urgency::draining);
    REQUIRE_FALSE(third);
    REQUIRE(third.why().code == base::errc::mailbox_full);
    REQUIRE(third.why().where == "project");
    place moved = std::move(*first);
    REQUIRE(f.gauge->depth() == 2);
    moved.release();
    moved.release();
    REQUIRE(f.gauge->depth() == 1);
  }
  REQUIRE(f.gauge->depth() == 0);
  REQUIRE(f.shared.depth == 0);
  REQUIRE(f.shared.accepted == 2);
  REQUIRE(f.shared.refused == 1);
  REQUIRE(f.shared.high_water == 2);
}

TEST_CASE("many threads never pass the bound and lose no place", "[actors]") {
  fixture f{64};
  std::atomic<bool> passed{false};
  std::vector<std::thread> threads;
  for (source_id source = 1; source <= 4; ++source)
    threads.emplace_back([&, source] {
      for (int i = 0; i < 20'000; ++i)
        if (auto taken = place::take(f.gauge, source, urgency::normal); taken)
          passed = passed || f.shared.high_water > 64;
    });
  for (auto& one : threads)
    one.join();
  REQUIRE_FALSE(passed);
  REQUIRE(f.gauge->depth() == 0);
}

} // namespace intermute::actors
