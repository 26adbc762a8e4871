#include "base/version.hpp"
#include "cli/init.hpp"
#include "cli/seed.hpp"
#include "cli/serve.hpp"
#include "cli/watch.hpp"
#include "config/command_line.hpp"

#include <unistd.h>

#include <iostream>

namespace {

intermute::config::environment environment_of_process() {
  intermute::config::environment found;
  for (char** one = environ; *one != nullptr; ++one) { // Ends: the list is null-terminated.
    const std::string_view text{*one};
    if (const auto equals = text.find('='); equals != std::string_view::npos)
      found.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return found;
}

int print(const intermute::config::command_result& what) {
  std::cout << what.out << std::flush;
  std::cerr << what.err;
  return what.exit_code;
}

} // namespace

int main(int argc, char** argv) {
  using action = intermute::config::command_line::action;
  const auto parsed = intermute::config::parse_command_line(
    std::vector<std::string>(argv + 1, argv + argc), intermute::base::version);
  if (!parsed.command)
    return print(parsed);
  const auto env = environment_of_process();
  switch (parsed.command->wanted) {
  case action::serve: return intermute::cli::serve(*parsed.command, env);
  case action::check_config: return print(intermute::config::check_config(*parsed.command, env));
  case action::init: return print(intermute::cli::init(parsed.command->init, env));
  case action::watch: return intermute::cli::watch(parsed.command->watch, env);
  case action::seed: return print(intermute::cli::seed(parsed.command->seed, env));
  case action::version:
  case action::help: break;
  }
  return print(parsed);
}
