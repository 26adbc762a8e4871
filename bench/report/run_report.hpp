#pragma once

#include "bench/load/driver.hpp"

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <string>

namespace intermute::bench {

using json_writer = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

/// Returns what a person reads: one table of latencies, then counts, the server and violations.
[[nodiscard]] std::string render_table(const options& run, const run_result& result);

/// Writes one run as a JSON object; times in microseconds, memory in KiB.
/// @param round  From 1, when a run is made several times.
void put_run(json_writer& json, const options& run, const run_result& result, int round);

/// Returns the latencies of all answers in the text format of HdrHistogram's percentile
/// distribution (value in milliseconds, percentile, total count, 1/(1-percentile)), which its
/// plotters read. http://hdrhistogram.github.io/HdrHistogram/plotFiles.html
[[nodiscard]] std::string render_percentiles(const histogram& latency_ns);

} // namespace intermute::bench
