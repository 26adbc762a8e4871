#include "bench/measure/rates.hpp"

#include "bench/measure/live_line.hpp"

#include <algorithm>
#include <cstdio>

namespace intermute::bench {

namespace {

/// An open loop with more requests waiting than come in this time is beyond saturation.
constexpr double backlog_seconds_max = 0.1;

double milliseconds(const histogram& latency, double quantile) {
  return static_cast<double>(latency.value_at(quantile)) / 1e6;
}

} // namespace

rate_point to_point(const options& run, const run_result& result) {
  histogram all;
  for (std::size_t how = 0; how < outcomes; ++how)
    all.merge(result.latency_of(static_cast<outcome>(how)));
  const auto refused = result.latency_of(outcome::refused).count();
  const auto answers = static_cast<double>(std::max<std::uint64_t>(1, all.count()));
  return {run.rate,
          result.seconds > 0 ? static_cast<double>(result.in_window) / result.seconds : 0,
          milliseconds(all, 0.5),
          milliseconds(all, 0.99),
          milliseconds(all, 0.999),
          static_cast<double>(refused) / answers,
          static_cast<double>(result.counted.unsent) <= run.rate * backlog_seconds_max,
          result.is_well()};
}

double closed_loop_rate(options run) {
  run.rate = 0;
  run.verify = false;
  const auto result = run_load(run, live_line{run.name + " (closed loop)"}.sink());
  return result.seconds > 0 ? static_cast<double>(result.in_window) / result.seconds : 0;
}

void print(const rate_point& point) {
  std::printf("%12.0f %12.0f %10.3f %10.3f %10.3f %8.2f%%%s\n", point.asked, point.answered,
              point.p50_ms, point.p99_ms, point.p999_ms, point.refused_share * 100,
              !point.well      ? "  A CHECK FAILED"
              : !point.kept_up ? "  beyond saturation"
                               : "");
  std::fflush(stdout);
}

void print_head() {
  std::printf("%12s %12s %10s %10s %10s %9s\n", "due/s", "answered/s", "p50 ms", "p99 ms",
              "p99.9 ms", "refused");
}

figure latency_figure(const options& run, const std::vector<rate_point>& points) {
  figure drawn{"latency-by-rate",
               run.name + ": latency by rate, " + std::to_string(run.connections) + " connections",
               {"requests due per second", false},
               {"latency, ms", true},
               {{"p50", {}}, {"p99", {}}, {"p99.9", {}}}};
  for (const auto& point : points) {
    drawn.series[0].points.push_back({point.asked, point.p50_ms, point.p50_ms, point.p50_ms});
    drawn.series[1].points.push_back({point.asked, point.p99_ms, point.p99_ms, point.p99_ms});
    drawn.series[2].points.push_back({point.asked, point.p999_ms, point.p999_ms, point.p999_ms});
  }
  return drawn;
}

} // namespace intermute::bench
