#include "cli/init.hpp"

#include "base/text.hpp"
#include "config/keys_file.hpp"
#include "config/load.hpp"

#include <algorithm>

namespace intermute::cli {
namespace {

/// A word as a shell reads it back.
std::string shell_word(const std::string& text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
           || std::string_view{"_-./+:@%,"}.find(c) != std::string_view::npos;
  };
  if (!text.empty() && std::ranges::all_of(text, plain))
    return text;
  std::string quoted{"'"};
  for (const char c : text)
    quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + '\'';
}

/// The file that `serve` would read with the same variables.
std::filesystem::path file_of(const config::init_command& command, const config::environment& env) {
  if (!command.keys_file.empty())
    return command.keys_file;
  return config::keys_file_path(config::load({{}, env, {}}).values.auth);
}

} // namespace

config::command_result init(const config::init_command& command, const config::environment& env) {
  const std::string project{base::trimmed(command.project)};
  const auto file = file_of(command, env);
  const auto key = config::add_key(file, {command.is_operator ? "" : project, command.is_operator});
  if (!key)
    return {1, {}, "Error: " + key.why().detail + '\n', {}};
  const auto opens = command.is_operator ? "operators" : "project " + base::quoted(project);
  return {0,
          "New key for " + opens + " in " + file.string() + "\n\nKey: " + *key
            + "\n\nFor clients, in the environment or as a header of each request:\n"
              "  export INTERMUTE_API_KEY="
            + *key + "\n  -H \"Authorization: Bearer " + *key
            + "\"\n\nFor the server, which reads the file when it starts:\n"
              "  INTERMUTE_KEYS_FILE="
            + shell_word(file.string()) + " intermute serve\n",
          {},
          {}};
}

} // namespace intermute::cli
