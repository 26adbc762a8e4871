#pragma once

#include "bench/load/options.hpp"
#include "bench/load/tally.hpp"

#include <cstdint>
#include <random>

namespace intermute::bench {

/// Tells when the requests of an open loop are due, whatever the server does: so that a server
/// that stalls is charged for every request that would have come meanwhile (the "coordinated
/// omission" of closed loops: Gil Tene, "How not to measure latency").
class pacer {
public:
  /// @param rate  Requests per second, above 0.
  /// @param seed  The same seed gives the same moments.
  pacer(double rate, arrivals kind, std::uint64_t seed);

  void start_at(bench_clock::time_point begin) noexcept { next_ = begin; }
  /// Returns when the next request is due.
  [[nodiscard]] bench_clock::time_point next() const noexcept { return next_; }
  /// Goes on to the one after it.
  void advance();

private:
  std::mt19937_64 random_;
  std::exponential_distribution<double> gap_;
  double even_gap_; ///< Seconds; 0 for independent arrivals.
  bench_clock::time_point next_{};
};

} // namespace intermute::bench
