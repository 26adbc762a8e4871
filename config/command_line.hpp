#pragma once

#include "config/load.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::config {

/// What the user asked for.
struct command_line {
  enum class action : std::uint8_t { serve, check_config, version, help };

  action wanted = action::help;
  std::optional<std::filesystem::path> file; ///< From `--config`.
  std::vector<flag_override> flags;          ///< `--set` first, then the flags of their own.
};

/// What to print and how to exit; `main` does both. Only `serve` leaves more to do.
struct command_result {
  int exit_code = 0;
  std::string out;                     ///< For stdout.
  std::string err;                     ///< For stderr.
  std::optional<command_line> command; ///< Empty when the arguments were refused.
};

/// Reads the arguments behind the program's name. Prints and exits nowhere, never throws for
/// input. Values are not checked here: `load` does that for all sources alike.
///
/// @param version  Printed by `--version`.
[[nodiscard]] command_result parse_command_line(const std::vector<std::string>& arguments,
                                                std::string_view version);

/// Does `check-config`: every problem on stderr and exit code 1, or each effective value with its
/// source on stdout.
[[nodiscard]] command_result check_config(const command_line& command, const environment& env);

/// One line per problem, each "<where>: <what>".
[[nodiscard]] std::string problems_text(const std::vector<problem>& problems);

/// What `load` needs for a parsed command line.
[[nodiscard]] load_request request_of(const command_line& command, const environment& env);

} // namespace intermute::config
