#include "bench/report/run_report.hpp"

#include <cmath>
#include <cstdio>

namespace intermute::bench {

namespace {

/// Lines for each halving of the distance to 100 %, as HdrHistogram's own tool writes by default.
constexpr int ticks_per_half = 5;

} // namespace

std::string render_percentiles(const histogram& latency_ns) {
  std::string text = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  char line[120];
  const auto add = [&](double percentile) {
    const auto value = latency_ns.value_at(percentile);
    const auto count = latency_ns.count_up_to(value);
    if (percentile < 1)
      std::snprintf(line, sizeof line, "%12.3f %2.12f %10llu %14.2f\n",
                    static_cast<double>(value) / 1e6, percentile,
                    static_cast<unsigned long long>(count), 1 / (1 - percentile));
    else
      std::snprintf(line, sizeof line, "%12.3f %2.12f %10llu\n", static_cast<double>(value) / 1e6,
                    percentile, static_cast<unsigned long long>(count));
    text += line;
    return count;
  };
  double at = 0;
  while (at < 1 && add(at) < latency_ns.count()) { // Ends: each half is cut into finite steps.
    const double half = std::exp2(std::floor(-std::log2(1 - at)) + 1);
    at += 1 / (half * ticks_per_half);
  }
  add(1);
  std::snprintf(line, sizeof line, "#[Mean    = %12.3f, Max = %12.3f]\n#[Total count = %10llu]\n",
                latency_ns.mean() / 1e6, static_cast<double>(latency_ns.max()) / 1e6,
                static_cast<unsigned long long>(latency_ns.count()));
  return text + line;
}

} // namespace intermute::bench
