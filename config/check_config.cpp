#include "config/command_line.hpp"
#include "config/keys_file.hpp"

#include <algorithm>

namespace intermute::config {
namespace {

std::string table_text(const std::vector<setting_source>& rows) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (const auto& row : rows) {
    key_width = std::max(key_width, row.key.size());
    value_width = std::max(value_width, row.value.size());
  }
  const auto padded = [](std::string text, std::size_t width) {
    text.resize(std::max(text.size(), width) + 2, ' ');
    return text;
  };
  std::string table;
  for (const auto& row : rows)
    table += padded(row.key, key_width) + padded(row.value, value_width) + row.source + '\n';
  return table;
}

} // namespace

load_request request_of(const command_line& command, const environment& env) {
  return {command.file, env, command.flags};
}

std::string problems_text(const std::vector<problem>& problems) {
  std::string text;
  for (const auto& one : problems)
    text += one.where + ": " + one.what + '\n';
  return text;
}

command_result check_config(const command_line& command, const environment& env) {
  auto loaded = load(request_of(command, env));
  if (!loaded.problems.empty())
    return {1, {}, problems_text(loaded.problems), command};
  // An empty path tells the user nothing; show the file that `serve` would open.
  const auto show = [&](std::string_view key, const std::string& file) {
    if (const auto row = std::ranges::find(loaded.sources, key, &setting_source::key);
        row != loaded.sources.end())
      row->value = file;
  };
  if (const auto file = default_database_path(env); file && loaded.values.storage.path.empty())
    show("storage.path", file->string());
  show("auth.keys_file", keys_file_path(loaded.values.auth).string());
  return {0, table_text(loaded.sources), {}, command};
}

} // namespace intermute::config
