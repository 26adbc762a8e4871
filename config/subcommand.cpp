#include "config/subcommand.hpp"

#include <algorithm>

namespace intermute::config {
namespace {

/// The first flag that nobody knows.
std::string unknown_flag(const CLI::App& app) {
  for (const auto& extra : app.remaining())
    if (extra.size() > 1 && extra.starts_with('-') && extra != "--")
      return extra.substr(0, extra.find('='));
  return {};
}

} // namespace

command_result refused(const std::string& why, std::string_view usage) {
  auto text = "Error: " + why + '\n';
  if (!usage.empty())
    text.append(1, '\n').append(usage);
  return {1, {}, std::move(text), std::nullopt};
}

command_result later(const std::string& what) {
  return refused(what + " comes in a later version");
}

command_result answered(command_line::action what, std::string text) {
  return {0, std::move(text), {}, command_line{what}};
}

command_result accepted(command_line what) { return {0, {}, {}, std::move(what)}; }

CLI::Option* add_flag(CLI::App& app, const char* name, std::string& to, const char* help) {
  return app.add_option(name, to, help)->take_last();
}

std::optional<command_result> read_arguments(CLI::App& app, std::vector<std::string> arguments) {
  app.allow_extras();
  std::ranges::reverse(arguments); // CLI11 takes them from the back.
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    return answered(command_line::action::help, app.help());
  } catch (const CLI::ParseError& wrong) { // The library's only way to refuse.
    return refused(wrong.what(), app.help());
  }
  if (const auto flag = unknown_flag(app); !flag.empty())
    return refused("unknown flag: " + flag, app.help());
  return std::nullopt;
}

} // namespace intermute::config
