#include "config/command_line.hpp"

#include "config/subcommand.hpp"

#include <algorithm>
#include <array>

namespace intermute::config {
namespace {

using action = command_line::action;

constexpr std::array<std::string_view, 2> commands_later{"inbox", "completion"};

constexpr std::string_view usage
  = "Coordination server for coding agents.\n"
    "\n"
    "Usage:\n"
    "  intermute [command]\n"
    "\n"
    "Commands:\n"
    "  serve         Run the server\n"
    "  check-config  Check the configuration and print what is in effect\n"
    "  init          Add a new API key to the keys file, and print it\n"
    "  watch         Show the events of an agent as they happen\n"
    "  dev           What helps to write clients\n"
    "  help          Print the usage of a command\n"
    "\n"
    "Flags:\n"
    "  -h, --help    Print this text\n"
    "  --version     Print the version\n"
    "\n"
    "\"intermute <command> --help\" tells more about a command.\n";

/// The flags of `serve` and `check-config`, as typed.
struct raw_flags {
  std::string host, port, socket, db, config;
  std::vector<std::string> sets;
  // Known to scripts written for the reference, and refused with a reason.
  std::string intercore_db;
  bool dual_write = false;
};

void add_config_flags(CLI::App& app, raw_flags& flags) {
  add_flag(app, "--config", flags.config, "YAML file with settings")->type_name("FILE");
  app.add_option("--set", flags.sets, "Set one key of docs/config.md; may be repeated")
    ->type_name("KEY=VALUE")
    ->allow_extra_args(false);
}

void add_serve_flags(CLI::App& app, raw_flags& flags) {
  add_flag(app, "--host", flags.host, "Address to listen on (127.0.0.1)")->type_name("HOST");
  add_flag(app, "--port", flags.port, "Port to listen on, 0 for any (7338)")->type_name("PORT");
  add_flag(app, "--socket", flags.socket, "Unix socket to listen on as well")->type_name("FILE");
  add_flag(app, "--db", flags.db, "Database file")->type_name("FILE");
  constexpr const char* hidden = "";
  add_flag(app, "--intercore-db", flags.intercore_db, "")->group(hidden);
  app.add_flag("--coordination-dual-write", flags.dual_write, "")->group(hidden);
}

/// Empty unless a flag asks for something that is not built yet. Flags that switch such a thing
/// off are harmless.
std::string flag_later(const raw_flags& flags) {
  if (flags.dual_write)
    return "--coordination-dual-write";
  return flags.intercore_db.empty() ? "" : "--intercore-db";
}

command_result settings_command(const CLI::App& app, action wanted, const raw_flags& flags) {
  command_line command{wanted};
  if (app.count("--config") > 0)
    command.file = flags.config;
  for (const auto& text : flags.sets) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return refused("--set takes key=value, not \"" + text + '"', app.help());
    command.flags.push_back({text.substr(0, equals), text.substr(equals + 1), "--set"});
  }
  if (wanted == action::serve) {
    const auto add = [&](const char* flag, const char* key, const std::string& text) {
      if (app.count(flag) > 0)
        command.flags.push_back({key, text, flag});
    };
    add("--host", "server.host", flags.host);
    add("--port", "server.port", flags.port);
    add("--socket", "server.socket", flags.socket);
    add("--db", "storage.path", flags.db);
  }
  return accepted(std::move(command));
}

command_result parse_subcommand(action wanted, std::vector<std::string> arguments) {
  const bool serve = wanted == action::serve;
  raw_flags flags;
  CLI::App app{serve ? "Run the server" : "Check the configuration and print what is in effect",
               serve ? "intermute serve" : "intermute check-config"};
  add_config_flags(app, flags);
  if (serve)
    add_serve_flags(app, flags);
  if (auto done = read_arguments(app, std::move(arguments)))
    return std::move(*done);
  if (const auto flag = flag_later(flags); !flag.empty())
    return later("serve " + flag);
  return settings_command(app, wanted, flags);
}

} // namespace

command_result parse_command_line(const std::vector<std::string>& arguments,
                                  std::string_view version) {
  if (arguments.empty())
    return answered(action::help, std::string{usage});
  const auto& first = arguments.front();
  std::vector<std::string> rest{arguments.begin() + 1, arguments.end()};
  if (first == "serve")
    return parse_subcommand(action::serve, rest);
  if (first == "check-config")
    return parse_subcommand(action::check_config, rest);
  if (first == "init")
    return parse_init(rest);
  if (first == "watch")
    return parse_watch(rest);
  if (first == "dev")
    return parse_dev(rest);
  if (first == "help" && !rest.empty()) {
    rest.emplace_back("--help"); // Ends: each round takes one "help" off.
    return parse_command_line(rest, version);
  }
  if (first == "help" || first == "--help" || first == "-h")
    return answered(action::help, std::string{usage});
  if (first == "--version")
    return answered(action::version, "intermute " + std::string{version} + '\n');
  if (std::ranges::find(commands_later, first) != commands_later.end())
    return later("intermute " + first);
  if (first.starts_with('-'))
    return refused("unknown flag: " + first, usage);
  return refused("unknown command \"" + first
                 + "\" for \"intermute\"\n"
                   "Run 'intermute --help' for usage.");
}

} // namespace intermute::config
