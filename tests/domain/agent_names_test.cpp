#include "domain/agent_names.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <unordered_set>

namespace intermute::domain {

TEST_CASE("generated names are all different") {
  std::unordered_set<std::string> seen;
  for (std::uint64_t i = 0; i < generated_name_count(); ++i)
    seen.insert(generated_name(i));
  REQUIRE(seen.size() == generated_name_count());
  REQUIRE(seen.size() >= 10'000);
}

TEST_CASE("a generated name is three words") {
  for (std::uint64_t i = 0; i < generated_name_count(); ++i) {
    const auto name = generated_name(i);
    REQUIRE(std::count(name.begin(), name.end(), ' ') == 2);
    REQUIRE(std::none_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; }));
  }
}

TEST_CASE("the same number gives the same name") {
  for (const std::uint64_t i : {0ULL, 1ULL, 4711ULL, 99'999ULL})
    REQUIRE(generated_name(i) == generated_name(i));
  REQUIRE(generated_name(0) == "Amber Anchor Baker");
}

TEST_CASE("names beyond the count get a number") {
  const auto count = generated_name_count();
  REQUIRE(generated_name(count) == generated_name(0) + " 2");
  REQUIRE(generated_name(2 * count - 1) == generated_name(count - 1) + " 2");
  REQUIRE(generated_name(2 * count) == generated_name(0) + " 3");
  REQUIRE(generated_name(7 * count + 5) == generated_name(5) + " 8");
}

} // namespace intermute::domain
