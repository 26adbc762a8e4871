#pragma once

#include "bench/driver.hpp"

#include <string>

namespace intermute::bench {

/// Returns what a person reads: one table of latencies, then counts, the server and violations.
[[nodiscard]] std::string render_table(const options& run, const run_result& result);

/// Returns the same as one line of JSON; times in microseconds, memory in KiB.
[[nodiscard]] std::string render_json(const options& run, const run_result& result);

} // namespace intermute::bench
