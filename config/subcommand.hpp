#pragma once

#include "config/command_line.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What the readers of all commands share; only .cpp files of config/ include this.
namespace intermute::config {

/// Exit code 1 with the reason, and the usage behind it if there is one.
[[nodiscard]] command_result refused(const std::string& why, std::string_view usage = {});

/// Exit code 1, for what scripts know and this version does not do.
[[nodiscard]] command_result later(const std::string& what);

/// Exit code 0 with a text.
[[nodiscard]] command_result answered(command_line::action what, std::string text);

/// Exit code 0 and a command that is still to be done.
[[nodiscard]] command_result accepted(command_line what);

/// An option with a text; of several the last one wins.
CLI::Option* add_flag(CLI::App& app, const char* name, std::string& to, const char* help);

/// Reads `arguments` into what was added to `app`. Arguments that belong to no flag are ignored, as
/// scripts expect; an unknown flag is refused.
/// @returns What to print when there is nothing more to do; else nothing.
[[nodiscard]] std::optional<command_result> read_arguments(CLI::App& app,
                                                           std::vector<std::string> arguments);

/// The arguments behind the command's name; for `dev` its own command is the first of them.
[[nodiscard]] command_result parse_init(std::vector<std::string> arguments);
[[nodiscard]] command_result parse_watch(std::vector<std::string> arguments);
[[nodiscard]] command_result parse_dev(std::vector<std::string> arguments);

} // namespace intermute::config
