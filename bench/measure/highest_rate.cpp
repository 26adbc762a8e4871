#include "bench/measure/highest_rate.hpp"

#include "bench/measure/live_line.hpp"

namespace intermute::bench {

namespace {

constexpr double refused_share_max = 0.001;

bool is_good(const rate_point& point, const search_limits& limits) {
  return point.well && point.kept_up && point.p99_ms <= limits.p99_ms
         && point.refused_share < refused_share_max;
}

} // namespace

rate_point highest_rate(
  const options& run, const search_limits& limits,
  const std::function<void(const options&, const run_result&, const rate_point&)>& tell) {
  double low = 0;
  double high = closed_loop_rate(run) * 1.1;
  rate_point best;
  for (int step = 0; step < limits.steps; ++step) {
    options tried = run;
    tried.rate = step == 0 ? high * 0.8 : (low + high) / 2; // Mostly it is near the top.
    const auto result = run_load(tried, live_line{run.name}.sink());
    const auto point = to_point(tried, result);
    tell(tried, result, point);
    if (is_good(point, limits)) {
      low = tried.rate;
      best = point;
    } else {
      high = tried.rate;
    }
  }
  return best;
}

} // namespace intermute::bench
