#include "domain/breaker.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

using namespace std::chrono_literals;

constexpr base::steady_time start{std::chrono::hours{1}};
constexpr breaker_limits limits{3, 100ms, 450ms};

breaker opened() {
  breaker made{limits};
  for (std::uint32_t i = 0; i < limits.failures_max; ++i)
    made.failed(start);
  return made;
}

} // namespace

TEST_CASE("a new breaker is closed and admits everybody") {
  breaker one{limits};
  REQUIRE(one.state() == breaker_state::closed);
  REQUIRE(one.failures() == 0);
  for (int i = 0; i < 10; ++i)
    REQUIRE(one.admit(start));
}

TEST_CASE("failures below the limit leave a breaker closed, the last one opens it") {
  breaker one{limits};
  one.failed(start);
  one.failed(start);
  REQUIRE(one.state() == breaker_state::closed);
  REQUIRE(one.admit(start));
  one.failed(start + 5ms);
  REQUIRE(one.state() == breaker_state::open);
  REQUIRE(one.failures() == 3);
  REQUIRE(one.probe_at() == start + 105ms);
  REQUIRE_FALSE(one.admit(start + 5ms));
}

TEST_CASE("a success between failures begins the count anew") {
  breaker one{limits};
  for (int i = 0; i < 5; ++i) {
    one.failed(start);
    one.failed(start);
    one.succeeded();
    REQUIRE(one.failures() == 0);
  }
  REQUIRE(one.state() == breaker_state::closed);
}

TEST_CASE("a limit of one opens at the first failure") {
  breaker one{{1, 100ms, 450ms}};
  one.failed(start);
  REQUIRE(one.state() == breaker_state::open);
}

TEST_CASE("an open breaker admits nobody before its time, then exactly one probe") {
  auto one = opened();
  REQUIRE_FALSE(one.admit(start + 100ms - 1ns));
  REQUIRE(one.state() == breaker_state::open);
  REQUIRE(one.admit(start + 100ms));
  REQUIRE(one.state() == breaker_state::half_open);
  REQUIRE_FALSE(one.admit(start + 100ms));
  REQUIRE_FALSE(one.admit(start + 1h));
  REQUIRE(one.state() == breaker_state::half_open);
}

TEST_CASE("a probe that goes well closes a breaker") {
  auto one = opened();
  REQUIRE(one.admit(start + 100ms));
  one.succeeded();
  REQUIRE(one.state() == breaker_state::closed);
  REQUIRE(one.failures() == 0);
  REQUIRE(one.admit(start + 100ms));
  REQUIRE(one.admit(start + 100ms));
}

TEST_CASE("every failed probe doubles the open time, up to the cap") {
  auto one = opened();
  auto now = start;
  for (const auto pause : {100ms, 200ms, 400ms, 450ms, 450ms, 450ms}) {
    REQUIRE(one.probe_at() == now + pause);
    now = one.probe_at();
    REQUIRE_FALSE(one.admit(now - 1ns));
    REQUIRE(one.admit(now));
    one.failed(now); // One is enough: the limit counts in the closed state only.
    REQUIRE(one.state() == breaker_state::open);
  }
}

TEST_CASE("the open time begins small again after a success") {
  auto one = opened();
  REQUIRE(one.admit(start + 100ms));
  one.failed(start + 100ms);
  REQUIRE(one.admit(start + 300ms));
  one.succeeded();
  for (int i = 0; i < 3; ++i)
    one.failed(start + 1s);
  REQUIRE(one.probe_at() == start + 1'100ms);
}

TEST_CASE("the cap holds after very many failed probes") {
  auto one = opened();
  for (int i = 0; i < 200; ++i) {
    REQUIRE(one.admit(one.probe_at()));
    const auto now = one.probe_at();
    one.failed(now);
    REQUIRE(one.probe_at() > now);
    REQUIRE(one.probe_at() <= now + limits.open_max);
  }
}

TEST_CASE("late outcomes of admitted work: a failure leaves an open breaker, a success closes it") {
  auto one = opened();
  one.failed(start + 50ms);
  REQUIRE(one.state() == breaker_state::open);
  REQUIRE(one.probe_at() == start + 100ms);
  REQUIRE(one.failures() == 4);
  one.succeeded();
  REQUIRE(one.state() == breaker_state::closed);
}

TEST_CASE("the wire has a word for every state") {
  REQUIRE(to_string(breaker_state::closed) == "closed");
  REQUIRE(to_string(breaker_state::open) == "open");
  REQUIRE(to_string(breaker_state::half_open) == "half_open");
}

} // namespace intermute::domain
