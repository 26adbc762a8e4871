#include "base/clock.hpp"

#include <catch2/catch.hpp>

#include <limits>

namespace intermute::base {
namespace {

using namespace std::chrono;

/// 2026-11-22 at 13:40:49 UTC.
constexpr wall_time moment = sys_days{2026y / November / 22} + 13h + 40min + 49s;

} // namespace

TEST_CASE("trailing zeros of a time are trimmed, and only those") {
  REQUIRE(rfc3339(moment + 52'288'930ns) == "2026-11-22T13:40:49.05228893Z");
  REQUIRE(rfc3339(moment + 123'456'789ns) == "2026-11-22T13:40:49.123456789Z");
  REQUIRE(rfc3339(moment + 500'000'000ns) == "2026-11-22T13:40:49.5Z");
  REQUIRE(rfc3339(moment + 100'000'001ns) == "2026-11-22T13:40:49.100000001Z");
  REQUIRE(rfc3339(moment + 1ns) == "2026-11-22T13:40:49.000000001Z");
}

TEST_CASE("a whole second has no fraction") {
  REQUIRE(rfc3339(moment) == "2026-11-22T13:40:49Z");
  REQUIRE(rfc3339(wall_time{}) == "1970-01-01T00:00:00Z");
}

TEST_CASE("whole seconds are cut, not rounded") {
  const wall_time seen = sys_days{2026y / November / 22} + 13h + 38min + 44s;
  REQUIRE(rfc3339_seconds(seen) == "2026-11-22T13:38:44Z");
  REQUIRE(rfc3339_seconds(seen + 999'999'999ns) == "2026-11-22T13:38:44Z");
}

TEST_CASE("every part of a time has its full width") {
  const wall_time early = sys_days{2027y / January / 2} + 3h + 4min + 5s + 60'000'000ns;
  REQUIRE(rfc3339(early) == "2027-01-02T03:04:05.06Z");
}

TEST_CASE("leap days and the end of a year are dates like others") {
  REQUIRE(rfc3339(sys_days{2028y / February / 29}) == "2028-02-29T00:00:00Z");
  REQUIRE(rfc3339(sys_days{2027y / January / 1} - 1ns) == "2026-12-31T23:59:59.999999999Z");
}

TEST_CASE("times before 1970 count forwards within their second") {
  REQUIRE(rfc3339(from_nanoseconds(-1)) == "1969-12-31T23:59:59.999999999Z");
  REQUIRE(rfc3339(from_nanoseconds(-500'000'000)) == "1969-12-31T23:59:59.5Z");
  REQUIRE(rfc3339_seconds(from_nanoseconds(-1)) == "1969-12-31T23:59:59Z");
  REQUIRE(rfc3339(wall_time{sys_days{1700y / March / 1}} + 25ns)
          == "1700-03-01T00:00:00.000000025Z");
}

TEST_CASE("the last instant that the store can keep has a text") {
  const auto last = from_nanoseconds(std::numeric_limits<std::int64_t>::max());
  REQUIRE(rfc3339(last) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("nanoseconds there and back are the same instant") {
  for (const std::int64_t ns : {0LL, 1LL, -1LL, 1'795'000'000'123'456'789LL})
    REQUIRE(to_nanoseconds(from_nanoseconds(ns)) == ns);
  REQUIRE(to_nanoseconds(wall_time{1s}) == 1'000'000'000);
}

TEST_CASE("the machine's clock goes forwards and knows the year") {
  const auto& clock = system_clock();
  const auto before = clock.steady();
  REQUIRE(clock.steady() >= before);
  REQUIRE(clock.wall() > wall_time{sys_days{2024y / January / 1}});
  REQUIRE(&clock == &system_clock());
}

} // namespace intermute::base
