#pragma once

#include "bench/load/driver.hpp"
#include "bench/report/result_file.hpp"

#include <vector>

namespace intermute::bench {

/// What one rate of an open loop led to.
struct rate_point {
  double asked = 0;    ///< Requests per second that were due.
  double answered = 0; ///< Answers per second.
  double p50_ms = 0;   ///< Of all answers, counted from when the request was due.
  double p99_ms = 0;
  double p999_ms = 0;
  double refused_share = 0; ///< Of all answers.
  bool kept_up = false;     ///< What was not sent at the end had been due for 0.1 s at most.
  bool well = false;        ///< Nothing promised was seen broken.
};

[[nodiscard]] rate_point to_point(const options& run, const run_result& result);

/// Returns how many requests per second the server answers when as many as there are connections
/// are always under way: an upper bound for what an open loop can ask for.
[[nodiscard]] double closed_loop_rate(options run);

/// Prints a line of a table, and the names of its columns.
void print(const rate_point& point);
void print_head();

/// Returns the picture of latency over rate, past saturation if the points go so far.
[[nodiscard]] figure latency_figure(const options& run, const std::vector<rate_point>& points);

} // namespace intermute::bench
