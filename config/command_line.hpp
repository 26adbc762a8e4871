#pragma once

#include "config/load.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::config {

/// Arguments of `init`.
struct init_command {
  std::string project;      ///< As typed; may be blank.
  std::string keys_file;    ///< Empty when not given.
  bool is_operator = false; ///< Then there is no project.
};

/// Arguments of `watch`. Texts are empty when not given; the environment may say them then.
struct watch_command {
  std::string url;
  std::string project;
  std::string agent;
  std::optional<std::uint64_t> since; ///< At most 2^63 - 1; nothing means from now on.
  std::optional<std::uint64_t> count; ///< Events to show, at least 1; nothing means all.
  bool json = false;
};

/// Arguments of `dev seed`. Texts are empty when not given.
struct seed_command {
  std::string name; ///< Empty with `list` alone.
  std::string url;
  std::string project;
  std::string directory;
  bool list = false;
  bool json = false;
};

/// What the user asked for.
struct command_line {
  enum class action : std::uint8_t { serve, check_config, init, watch, seed, version, help };

  action wanted = action::help;
  std::optional<std::filesystem::path> file = {}; ///< From `--config`.
  std::vector<flag_override> flags = {};          ///< `--set` first, then the flags of their own.
  init_command init = {};                         ///< Of the action of this name, as those below.
  watch_command watch = {};
  seed_command seed = {};
};

/// What to print and how to exit; `main` does both. The actions up to `seed` leave more to do.
struct command_result {
  int exit_code = 0;
  std::string out;                     ///< For stdout.
  std::string err;                     ///< For stderr.
  std::optional<command_line> command; ///< Empty when the arguments were refused.
};

/// Reads the arguments behind the program's name. Prints and exits nowhere, never throws for
/// input. Values of settings are not checked here: `load` does that for all sources alike.
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
