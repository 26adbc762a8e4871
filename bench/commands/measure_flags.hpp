#pragma once

#include "bench/measure/sides.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace intermute::bench {

/// Binds what every command has that starts servers of its own. `to` outlives the parsing; its
/// server becomes the program beside this one.
void add_server_flags(CLI::App& app, measure_options& to);
/// Rounds, and the time of one side in a round.
void add_round_flags(CLI::App& app, measure_options& to);
void add_json_flag(CLI::App& app, std::string& to);

/// Returns the path of a program that is built beside this one; empty when it was not.
[[nodiscard]] std::string beside_us(const std::string& name);

} // namespace intermute::bench
