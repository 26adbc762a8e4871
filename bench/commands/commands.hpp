#pragma once

#include <CLI/CLI.hpp>

namespace intermute::bench {

/// Each adds one subcommand; it runs in CLI11's callback and leaves its exit status in `status`:
/// 0 well, 1 a check failed, 2 it could not be done. They throw std::exception for the latter.
void add_run_command(CLI::App& app, int& status);
void add_scenario_command(CLI::App& app, int& status);
void add_curve_command(CLI::App& app, int& status);
void add_search_command(CLI::App& app, int& status);
void add_compare_command(CLI::App& app, int& status);
void add_guard_command(CLI::App& app, int& status);
void add_growth_command(CLI::App& app, int& status);
void add_sweep_command(CLI::App& app, int& status);
void add_micro_command(CLI::App& app, int& status);
void add_yardstick_command(CLI::App& app, int& status);

} // namespace intermute::bench
