#include "config/subcommand.hpp"

#include <charconv>
#include <limits>

namespace intermute::config {
namespace {

using action = command_line::action;

constexpr std::string_view dev_usage
  = "What helps to write clients.\n"
    "\n"
    "Usage:\n"
    "  intermute dev [command]\n"
    "\n"
    "Commands:\n"
    "  seed          Load a small world of agents, messages and reservations into a server\n"
    "\n"
    "\"intermute dev seed --help\" tells more.\n";

/// A whole number within bounds; nothing for every other text.
std::optional<std::uint64_t> number_in(std::string_view text, std::uint64_t min,
                                       std::uint64_t max) {
  std::uint64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, number);
  if (ec != std::errc{} || stop != end || number < min || number > max)
    return std::nullopt;
  return number;
}

/// Reads the number of a flag that may be absent. @returns False when it is no such number.
bool read_number(const CLI::App& app, const char* flag, std::string_view text, std::uint64_t min,
                 std::uint64_t max, std::optional<std::uint64_t>& to) {
  if (app.count(flag) == 0)
    return true;
  to = number_in(text, min, max);
  return to.has_value();
}

} // namespace

command_result parse_init(std::vector<std::string> arguments) {
  command_line command{action::init};
  auto& init = command.init;
  CLI::App app{"Add a new API key to the keys file, and print it", "intermute init"};
  add_flag(app, "--project", init.project, "Project that the key opens")->type_name("NAME");
  add_flag(app, "--keys-file", init.keys_file,
           "Keys file (INTERMUTE_KEYS_FILE, else ./intermute.keys.yaml)")
    ->type_name("FILE");
  app.add_flag("--operator", init.is_operator, "Make an operator's key, which opens everything");
  if (auto done = read_arguments(app, std::move(arguments)))
    return std::move(*done);
  const bool named = app.count("--project") > 0;
  if (init.is_operator && named)
    return refused("an operator's key opens every project; leave --project or --operator out",
                   app.help());
  if (!init.is_operator && !named)
    return refused("required flag(s) \"project\" not set", app.help());
  return accepted(std::move(command));
}

command_result parse_watch(std::vector<std::string> arguments) {
  constexpr auto cursor_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  command_line command{action::watch};
  auto& watch = command.watch;
  std::string since;
  std::string count;
  CLI::App app{"Show the events of an agent as they happen", "intermute watch"};
  add_flag(app, "--agent", watch.agent, "Agent id (INTERMUTE_AGENT)")->type_name("ID");
  add_flag(app, "--project", watch.project, "Its project (INTERMUTE_PROJECT)")->type_name("NAME");
  add_flag(app, "--since-cursor", since, "Begin behind this cursor instead of now")->type_name("N");
  add_flag(app, "--count", count, "End after this many events")->type_name("N");
  app.add_flag("--json", watch.json, "Print each event as it comes, one JSON object a line");
  add_flag(app, "--url", watch.url, "Server (INTERMUTE_URL, else http://127.0.0.1:7338)")
    ->type_name("URL");
  app.footer(
    "INTERMUTE_API_KEY is sent as the API key, INTERMUTE_AGENT_TOKEN as the agent's token.");
  if (auto done = read_arguments(app, std::move(arguments)))
    return std::move(*done);
  if (!read_number(app, "--since-cursor", since, 0, cursor_max, watch.since))
    return refused("--since-cursor takes a whole number from 0 to " + std::to_string(cursor_max)
                     + ", not \"" + since + '"',
                   app.help());
  if (!read_number(app, "--count", count, 1, cursor_max, watch.count))
    return refused("--count takes a whole number from 1, not \"" + count + '"', app.help());
  return accepted(std::move(command));
}

namespace {

command_result parse_seed(std::vector<std::string> arguments) {
  command_line command{action::seed};
  auto& seed = command.seed;
  CLI::App app{"Load a small world of agents, messages and reservations into a server",
               "intermute dev seed"};
  app.add_option("NAME", seed.name, "The world; --list names them");
  add_flag(app, "--url", seed.url, "Server (INTERMUTE_URL, else http://127.0.0.1:7338)")
    ->type_name("URL");
  add_flag(app, "--project", seed.project, "Project to load it into (the one of the world)")
    ->type_name("NAME");
  add_flag(app, "--dir", seed.directory, "Folder with the worlds")->type_name("DIR");
  app.add_flag("--list", seed.list, "Name the worlds instead");
  app.add_flag("--json", seed.json, "Print what there is now as one JSON object");
  app.footer("INTERMUTE_API_KEY is sent as the API key.");
  if (auto done = read_arguments(app, std::move(arguments)))
    return std::move(*done);
  if (seed.name.empty() && !seed.list)
    return refused("name a world, or ask for --list", app.help());
  return accepted(std::move(command));
}

} // namespace

command_result parse_dev(std::vector<std::string> arguments) {
  if (arguments.empty())
    return answered(action::help, std::string{dev_usage});
  const auto first = arguments.front();
  arguments.erase(arguments.begin());
  if (first == "seed")
    return parse_seed(std::move(arguments));
  if (first == "help" || first == "--help" || first == "-h")
    return answered(action::help, std::string{dev_usage});
  if (first.starts_with('-'))
    return refused("unknown flag: " + first, dev_usage);
  return refused("unknown command \"" + first
                 + "\" for \"intermute dev\"\n"
                   "Run 'intermute dev --help' for usage.");
}

} // namespace intermute::config
