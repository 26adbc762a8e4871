#pragma once

#include "bench/measure/rates.hpp"

#include <functional>

namespace intermute::bench {

struct search_limits {
  double p99_ms = 50; ///< Of all answers, counted from when a request was due.
  int steps = 7;      ///< Rates that are tried, at least 2.
};

/// Looks for the highest rate of an open loop at which the limit is kept, the server keeps up,
/// less than 0.1 % is refused, and nothing promised is broken: by halving, below 1.1 times what the
/// same connections reach in closed loop.
/// @param tell  Gets every rate that was tried, in that order.
/// @returns     The best that was good; `asked` is 0 when none was.
/// @throws      As `run_load()`.
[[nodiscard]] rate_point
highest_rate(const options& run, const search_limits& limits,
             const std::function<void(const options&, const run_result&, const rate_point&)>& tell);

} // namespace intermute::bench
