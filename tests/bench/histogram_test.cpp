#include "bench/load/histogram.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

using intermute::bench::histogram;

namespace {

/// The value that a sorted list gives for `quantile`, by the same definition of rank.
std::uint64_t exact_value_at(const std::vector<std::uint64_t>& sorted, double quantile) {
  const double share = std::ceil(quantile * static_cast<double>(sorted.size()));
  const auto rank = std::max<std::size_t>(1, static_cast<std::size_t>(share));
  return sorted[rank - 1];
}

void require_bounded_error(std::uint64_t reported, std::uint64_t exact) {
  REQUIRE(reported >= exact);
  REQUIRE(static_cast<double>(reported - exact) <= static_cast<double>(exact) / 128.0);
}

} // namespace

SCENARIO("an empty histogram reports zero everywhere", "[bench][histogram]") {
  const histogram empty;
  REQUIRE(empty.count() == 0);
  REQUIRE(empty.min() == 0);
  REQUIRE(empty.max() == 0);
  REQUIRE(empty.mean() == 0.0);
  REQUIRE(empty.value_at(0.5) == 0);
}

SCENARIO("values below 256 are reported exactly", "[bench][histogram]") {
  histogram counted;
  for (std::uint64_t value = 0; value < 256; ++value)
    counted.record(value);
  REQUIRE(counted.value_at(0.0) == 0);
  REQUIRE(counted.value_at(0.25) == 63);
  REQUIRE(counted.value_at(0.5) == 127);
  REQUIRE(counted.value_at(0.75) == 191);
  REQUIRE(counted.value_at(1.0) == 255);
  REQUIRE(counted.mean() == Approx(127.5));
}

SCENARIO("around every power of two the error stays below 1/128", "[bench][histogram]") {
  for (unsigned power = 1; power < 40; ++power) {
    const std::uint64_t edge = std::uint64_t{1} << power;
    for (const std::uint64_t value : {edge - 1, edge, edge + 1, edge + edge / 3}) {
      histogram counted;
      counted.record(value);
      counted.record(histogram::value_max); // Else the answer would be cut to the exact maximum.
      CAPTURE(value);
      require_bounded_error(counted.value_at(0.5), value);
    }
  }
}

SCENARIO("percentiles of a long-tailed load agree with the sorted list", "[bench][histogram]") {
  std::mt19937_64 random{7};
  std::lognormal_distribution<double> latency{12.0, 2.0};
  histogram counted;
  std::vector<std::uint64_t> all;
  for (int i = 0; i < 50'000; ++i) {
    all.push_back(static_cast<std::uint64_t>(latency(random)));
    counted.record(all.back());
  }
  std::ranges::sort(all);
  for (const double quantile : {0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
    CAPTURE(quantile);
    require_bounded_error(counted.value_at(quantile), exact_value_at(all, quantile));
  }
  REQUIRE(counted.min() == all.front());
  REQUIRE(counted.max() == all.back());
  REQUIRE(counted.value_at(1.0) == all.back());
}

SCENARIO("merging two histograms equals recording everything in one", "[bench][histogram]") {
  histogram all;
  histogram odd;
  histogram even;
  for (std::uint64_t value = 1; value < 100'000; value += 7) {
    all.record(value);
    (value % 2 == 0 ? even : odd).record(value);
  }
  odd.merge(even);
  REQUIRE(odd.count() == all.count());
  REQUIRE(odd.min() == all.min());
  REQUIRE(odd.max() == all.max());
  REQUIRE(odd.mean() == Approx(all.mean()));
  for (const double quantile : {0.01, 0.5, 0.9, 0.999})
    REQUIRE(odd.value_at(quantile) == all.value_at(quantile));
}

SCENARIO("a value beyond the range is counted and keeps the exact maximum", "[bench][histogram]") {
  histogram counted;
  counted.record(10);
  counted.record(histogram::value_max * 4);
  REQUIRE(counted.count() == 2);
  REQUIRE(counted.max() == histogram::value_max * 4);
  REQUIRE(counted.value_at(0.5) == 10);
  REQUIRE(counted.value_at(0.99) == histogram::value_max * 4);
}

SCENARIO("values up to one are counted with their bucket", "[bench][histogram]") {
  histogram counted;
  for (const std::uint64_t value : {1, 5, 5, 200, 100'000})
    counted.record(value);
  REQUIRE(counted.count_up_to(0) == 0);
  REQUIRE(counted.count_up_to(5) == 3);
  REQUIRE(counted.count_up_to(99'000) == 4);
  REQUIRE(counted.count_up_to(histogram::value_max) == 5);
}
