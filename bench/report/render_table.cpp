#include "bench/report/run_report.hpp"

#include <cstdarg>
#include <cstdio>

namespace intermute::bench {

namespace {

/// Returns one formatted line; what does not fit 200 characters is cut.
[[gnu::format(printf, 1, 2)]] std::string line(const char* format, ...) {
  char text[200];
  va_list values;
  va_start(values, format);
  std::vsnprintf(text, sizeof text, format, values);
  va_end(values);
  return std::string{text} + "\n";
}

double milliseconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e6; }

double mebibytes(std::uint64_t kib) { return static_cast<double>(kib) / 1024.0; }

std::string latency_rows(const run_result& result) {
  std::string rows = line("%-8s %-8s %10s %10s %9s %9s %9s %9s %9s", "request", "outcome", "count",
                          "per s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms");
  for (std::size_t i = 0; i < operations * outcomes; ++i) {
    const auto what = static_cast<operation>(i / outcomes);
    const auto how = static_cast<outcome>(i % outcomes);
    const series& row = result.counted.of(what, how);
    const histogram& latency = row.latency_ns;
    if (latency.count() == 0)
      continue;
    const double rate
      = result.seconds > 0 ? static_cast<double>(row.in_window) / result.seconds : 0;
    rows += line("%-8s %-8s %10llu %10.0f %9.3f %9.3f %9.3f %9.3f %9.3f", to_string(what),
                 to_string(how), static_cast<unsigned long long>(latency.count()), rate,
                 milliseconds(latency.value_at(0.5)), milliseconds(latency.value_at(0.9)),
                 milliseconds(latency.value_at(0.99)), milliseconds(latency.value_at(0.999)),
                 milliseconds(latency.max()));
  }
  return rows;
}

template <class Key>
std::string count_line(const char* title, const std::map<Key, std::uint64_t>& counts) {
  if (counts.empty())
    return {};
  std::string text = title;
  for (const auto& [key, number] : counts) {
    if constexpr (std::is_same_v<Key, int>)
      text += "  " + std::to_string(key);
    else
      text += "  " + key;
    text += ": " + std::to_string(number);
  }
  return text + "\n";
}

std::string push_line(const run_result& result) {
  const auto& [deliveries, latency] = *result.pushed;
  return line("pushes       %llu, %.0f per s, p50 %.3f ms, p99 %.3f ms, max %.3f ms",
              static_cast<unsigned long long>(deliveries),
              result.seconds > 0 ? static_cast<double>(deliveries) / result.seconds : 0,
              milliseconds(latency.value_at(0.5)), milliseconds(latency.value_at(0.99)),
              milliseconds(latency.max()));
}

std::string violation_lines(const violations& broken) {
  if (broken.none())
    return {};
  std::string text = count_line("VIOLATIONS ", broken.by_kind());
  for (const auto& example : broken.examples())
    text += "  " + example + "\n";
  return text;
}

} // namespace

std::string render_table(const options& run, const run_result& result) {
  const tally& counted = result.counted;
  std::string text
    = line("%s: %zu connections, %zu threads, %.1f s measured, load program %.2f cores",
           run.name.c_str(), run.connections, run.threads, result.seconds, result.own_cpu_share);
  if (run.rate > 0)
    text += line("open loop    %.0f requests per second were due; %llu were not sent in time",
                 run.rate, static_cast<unsigned long long>(counted.unsent));
  text += latency_rows(result);
  text += count_line("status     ", counted.by_status);
  text += count_line("code       ", counted.by_code);
  text += count_line("refusals   ", counted.by_refusal);
  text += count_line("connection ", counted.by_connection_error);
  if (result.server)
    text += line("server       %.1f us CPU per request; RSS %.1f MiB before, %.1f after, %.1f max",
                 result.server->cpu_us_per_request, mebibytes(result.server->rss_before_kib),
                 mebibytes(result.server->rss_after_kib), mebibytes(result.server->rss_max_kib));
  if (result.pushed)
    text += push_line(result);
  if (result.verified)
    text += line("verified     %llu accepted messages, %llu inbox entries, %llu reservations",
                 static_cast<unsigned long long>(result.verified->accepted),
                 static_cast<unsigned long long>(result.verified->entries_seen),
                 static_cast<unsigned long long>(result.verified->holds));
  return text + violation_lines(counted.broken_promises);
}

} // namespace intermute::bench
