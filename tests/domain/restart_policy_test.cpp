#include "domain/restart_policy.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

using namespace std::chrono_literals;

constexpr base::steady_time start{std::chrono::hours{1}};
constexpr restart_limits limits{4, 10s, 50ms, 300ms};

} // namespace

TEST_CASE("pauses double with every crash within the window, up to the cap") {
  restart_record record;
  for (const auto pause : {50ms, 100ms, 200ms, 300ms})
    REQUIRE(record.crashed(limits, start) == pause);
  REQUIRE(record.recent() == 4);
}

TEST_CASE("one crash more than the limit gives a child up") {
  restart_record record;
  for (int i = 0; i < 4; ++i)
    REQUIRE(record.crashed(limits, start + i * 1s));
  REQUIRE_FALSE(record.crashed(limits, start + 4s));
  REQUIRE_FALSE(record.crashed(limits, start + 10s - 1ns));
}

TEST_CASE("a crash is forgotten exactly at the end of the window") {
  restart_record record;
  for (int i = 0; i < 4; ++i)
    REQUIRE(record.crashed(limits, start));
  SECTION("not a moment before") { REQUIRE_FALSE(record.crashed(limits, start + 10s - 1ns)); }
  SECTION("then the pauses begin anew") {
    REQUIRE(record.crashed(limits, start + 10s) == 50ms);
    REQUIRE(record.recent() == 1);
  }
}

TEST_CASE("only the crashes that left the window are forgotten") {
  restart_record record;
  for (int i = 0; i < 4; ++i)
    REQUIRE(record.crashed(limits, start + i * 1s));
  // Those at 0 s and 1 s are gone, those at 2 s and 3 s count.
  REQUIRE(record.crashed(limits, start + 11s) == 200ms);
  REQUIRE(record.recent() == 3);
}

TEST_CASE("a child that crashes rarely is never given up") {
  restart_record record;
  for (int i = 0; i < 100; ++i)
    REQUIRE(record.crashed(limits, start + i * 10s) == 50ms);
}

TEST_CASE("without forgiven crashes the first one is the last") {
  restart_record record;
  REQUIRE_FALSE(record.crashed({0, 10s, 50ms, 300ms}, start));
  REQUIRE(record.recent() == 0);
}

TEST_CASE("the cap holds after very many crashes within the window") {
  restart_record record;
  for (int i = 0; i < 200; ++i) {
    const auto pause = record.crashed({1'000, 10s, 50ms, 300ms}, start);
    REQUIRE(pause);
    REQUIRE((*pause >= 50ms && *pause <= 300ms));
  }
}

} // namespace intermute::domain
