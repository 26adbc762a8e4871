#pragma once

#include "config/database_path.hpp"
#include "config/problem.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace intermute::config {

/// A value from the command line.
struct flag_override {
  std::string key;   ///< Path, "server.port".
  std::string value; ///< A list is written with commas.
  std::string flag;  ///< What the user typed: "--port", "--set".
};

/// Where one effective value comes from.
struct setting_source {
  std::string key;    ///< Path, "server.port".
  std::string value;  ///< As `render` writes it.
  std::string source; ///< "default", "file <path>:<line>", "env <NAME>" or "flag <flag>".
};

/// Everything a configuration is made of, weakest first.
struct load_request {
  std::optional<std::filesystem::path> file; ///< Must exist when given.
  environment env;                           ///< All variables; others than ours are ignored.
  std::vector<flag_override> flags;          ///< Of two for one key the later one wins.
};

struct load_result {
  settings values;                     ///< Only to be used when there are no problems.
  std::vector<setting_source> sources; ///< One per key, in the order of `keys()`.
  std::vector<problem> problems;       ///< All of them: file, environment, flags, then rules.
};

/// Puts defaults, file, environment and flags on top of each other, and checks the whole.
/// Reads the file; touches nothing else. Never throws for input.
[[nodiscard]] load_result load(const load_request& request);

} // namespace intermute::config
