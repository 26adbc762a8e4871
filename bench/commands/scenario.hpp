#pragma once

#include "bench/load/options.hpp"

#include <string>
#include <vector>

namespace intermute::bench {

/// Reads a scenario: a YAML file of runs that follow each other.
///
///     defaults: {url: "http://127.0.0.1:7338", seconds: 5}
///     runs:
///       - {workload: send, connections: 64}
///       - {workload: fleet, name: morning, connections: 200, projects: 8, rate: 3000}
///
/// The keys are the options of `run` without their dashes; flags take true or false. A value of
/// `more` replaces that of the file in every run.
/// @param more  Options of the command line, as `--name=value`.
/// @throws std::runtime_error  With file, run and what is wrong.
[[nodiscard]] std::vector<options> read_scenario(const std::string& path,
                                                 const std::vector<std::string>& more);

} // namespace intermute::bench
