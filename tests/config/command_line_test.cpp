#include "config/command_line.hpp"
#include "temp_file.hpp"

#include <catch2/catch.hpp>

using namespace intermute::config;
using action = command_line::action;
using test::temp_file;

namespace {

command_result run(const std::vector<std::string>& arguments) {
  return parse_command_line(arguments, "1.2.3");
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

struct refusal_case {
  std::vector<std::string> arguments;
  std::string first_line;
  bool usage; ///< Whether the usage follows.
};

} // namespace

TEST_CASE("without arguments, or asked for help, the usage is printed", "[config][cli]") {
  const auto arguments = GENERATE(
    values<std::vector<std::string>>({{}, {"--help"}, {"-h"}, {"help"}, {"help", "help"}}));
  const auto result = run(arguments);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "Usage:\n  intermute [command]"));
  CHECK(result.err.empty());
  REQUIRE(result.command);
  CHECK(result.command->wanted == action::help);
}

TEST_CASE("the help of a command names its flags but not those of later versions",
          "[config][cli]") {
  const auto arguments
    = GENERATE(values<std::vector<std::string>>({{"serve", "--help"}, {"help", "serve"}}));
  const auto result = run(arguments);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "intermute serve"));
  for (const auto* flag : {"--host", "--port", "--socket", "--db", "--config", "--set"})
    CHECK(contains(result.out, flag));
  CHECK_FALSE(contains(result.out, "--intercore-db"));
}

TEST_CASE("the version is printed", "[config][cli]") {
  const auto result = run({"--version"});
  CHECK(result.exit_code == 0);
  CHECK(result.out == "intermute 1.2.3\n");
  CHECK(result.command->wanted == action::version);
}

TEST_CASE("serve turns its flags into overrides, its own flags last", "[config][cli]") {
  const auto result
    = run({"serve", "--port", "0", "--set", "log.level=debug", "--config=a.yaml", "--host=::1",
           "--set=server.allowed_hosts=a,b", "--socket", "s", "--db", "x=y.db", "stray"});
  REQUIRE(result.command);
  CHECK(result.exit_code == 0);
  CHECK(result.command->wanted == action::serve);
  CHECK(result.command->file == "a.yaml");
  std::vector<std::string> flags;
  for (const auto& one : result.command->flags)
    flags.push_back(one.flag + " " + one.key + "=" + one.value);
  CHECK(flags
        == std::vector<std::string>{"--set log.level=debug", "--set server.allowed_hosts=a,b",
                                    "--host server.host=::1", "--port server.port=0",
                                    "--socket server.socket=s", "--db storage.path=x=y.db"});
}

TEST_CASE("serve without flags needs nothing", "[config][cli]") {
  const auto result = run({"serve"});
  REQUIRE(result.command);
  CHECK_FALSE(result.command->file);
  CHECK(result.command->flags.empty());
  CHECK(load(request_of(*result.command, {})).problems.empty());
}

TEST_CASE("a repeated flag counts once, the last time", "[config][cli]") {
  const auto result = run({"serve", "--port", "1", "--port", "2"});
  REQUIRE(result.command);
  REQUIRE(result.command->flags.size() == 1);
  CHECK(result.command->flags[0].value == "2");
}

TEST_CASE("a later feature that is switched off is no reason to refuse", "[config][cli]") {
  CHECK(run({"serve", "--socket", "", "--coordination-dual-write=false"}).command);
}

TEST_CASE("what cannot be done is refused with exit code 1", "[config][cli]") {
  const auto one = GENERATE(values<refusal_case>({
    {{"x"}, "Error: unknown command \"x\" for \"intermute\"\n", false},
    {{"help", "x"}, "Error: unknown command \"x\" for \"intermute\"\n", false},
    {{""}, "Error: unknown command \"\" for \"intermute\"\n", false},
    {{"--bogus"}, "Error: unknown flag: --bogus\n", true},
    {{"serve", "--bogus=3"}, "Error: unknown flag: --bogus\n", true},
    {{"serve", "-x"}, "Error: unknown flag: -x\n", true},
    {{"check-config", "--port", "1"}, "Error: unknown flag: --port\n", true},
    {{"serve", "--port"}, "Error: --port", true},
    {{"serve", "--set", "x"}, "Error: --set takes key=value, not \"x\"\n", true},
    {{"serve", "--set", "=x"}, "Error: --set takes key=value, not \"=x\"\n", true},
    {{"completion"}, "Error: intermute completion comes in a later version\n", false},
    {{"inbox", "--unread-pokes"}, "Error: intermute inbox comes in a later version\n", false},
    {{"init"}, "Error: required flag(s) \"project\" not set\n", true},
    {{"init", "--keys-file"}, "Error: --keys-file", true},
    {{"init", "--bogus"}, "Error: unknown flag: --bogus\n", true},
    {{"init", "--operator", "--project", "a"},
     "Error: an operator's key opens every project; leave --project or --operator out\n",
     true},
    {{"watch", "--since-cursor", "x"},
     "Error: --since-cursor takes a whole number from 0 to 9223372036854775807, not \"x\"\n",
     true},
    {{"watch", "--since-cursor", "9223372036854775808"}, "Error: --since-cursor takes", true},
    {{"watch", "--since-cursor="}, "Error: --since-cursor", true},
    {{"watch", "--count", "0"}, "Error: --count takes a whole number from 1, not \"0\"\n", true},
    {{"watch", "--bogus"}, "Error: unknown flag: --bogus\n", true},
    {{"dev", "x"}, "Error: unknown command \"x\" for \"intermute dev\"\n", false},
    {{"dev", "--x"}, "Error: unknown flag: --x\n", true},
    {{"dev", "seed"}, "Error: name a world, or ask for --list\n", true},
    {{"dev", "seed", "pair", "--bogus"}, "Error: unknown flag: --bogus\n", true},
    {{"serve", "--coordination-dual-write"},
     "Error: serve --coordination-dual-write comes in a later version\n",
     false},
    {{"serve", "--intercore-db=x"},
     "Error: serve --intercore-db comes in a later version\n",
     false},
  }));
  CAPTURE(one.first_line);
  const auto result = run(one.arguments);
  CHECK(result.exit_code == 1);
  CHECK(result.out.empty());
  CHECK_FALSE(result.command);
  CAPTURE(result.err);
  CHECK(result.err.starts_with(one.first_line));
  CHECK(contains(result.err, "Usage:") == one.usage);
}

TEST_CASE("the arguments of init are taken", "[config][cli]") {
  const auto one = run({"init", "--project", "web", "--keys-file=k.yaml", "stray"});
  REQUIRE(one.command);
  CHECK(one.command->wanted == action::init);
  CHECK(one.command->init.project == "web");
  CHECK(one.command->init.keys_file == "k.yaml");
  CHECK_FALSE(one.command->init.is_operator);
  const auto blank = run({"init", "--project", " "});
  REQUIRE(blank.command);
  CHECK(blank.command->init.project == " ");
  const auto all = run({"init", "--operator"});
  REQUIRE(all.command);
  CHECK(all.command->init.is_operator);
}

TEST_CASE("the arguments of watch are taken", "[config][cli]") {
  const auto bare = run({"watch"});
  REQUIRE(bare.command);
  CHECK(bare.command->wanted == action::watch);
  CHECK(bare.command->watch.agent.empty());
  CHECK_FALSE(bare.command->watch.since);
  CHECK_FALSE(bare.command->watch.count);
  CHECK_FALSE(bare.command->watch.json);
  const auto all = run({"watch", "--agent", "ada", "--project=p", "--since-cursor",
                        "9223372036854775807", "--json", "--url", "http://h:1", "--count", "3"});
  REQUIRE(all.command);
  const auto& watch = all.command->watch;
  CHECK(watch.agent == "ada");
  CHECK(watch.project == "p");
  CHECK(watch.since == 9'223'372'036'854'775'807U);
  CHECK(watch.json);
  CHECK(watch.url == "http://h:1");
  CHECK(watch.count == 3U);
}

TEST_CASE("the arguments of dev seed are taken", "[config][cli]") {
  const auto all
    = run({"dev", "seed", "pair", "--url", "u", "--dir=d", "--project", "p", "--json"});
  REQUIRE(all.command);
  CHECK(all.command->wanted == action::seed);
  const auto& seed = all.command->seed;
  CHECK(seed.name == "pair");
  CHECK(seed.url == "u");
  CHECK(seed.directory == "d");
  CHECK(seed.project == "p");
  CHECK(seed.json);
  CHECK_FALSE(seed.list);
  const auto list = run({"dev", "seed", "--list"});
  REQUIRE(list.command);
  CHECK(list.command->seed.list);
}

TEST_CASE("every command has a help", "[config][cli]") {
  const auto arguments = GENERATE(values<std::vector<std::string>>({
    {"help", "init"},
    {"init", "--help"},
    {"help", "watch"},
    {"dev"},
    {"dev", "--help"},
    {"dev", "help"},
    {"help", "dev"},
    {"help", "dev", "seed"},
    {"dev", "seed", "-h"},
  }));
  const auto result = run(arguments);
  CHECK(result.exit_code == 0);
  CHECK(contains(result.out, "Usage:"));
  CHECK(result.err.empty());
}

TEST_CASE("check-config shows each value with its source", "[config][cli]") {
  const temp_file file{"server:\n  port: 8000\n"};
  const auto parsed = run({"check-config", "--config", file.name(), "--set", "log.level=warn"});
  REQUIRE(parsed.command);
  CHECK(parsed.command->wanted == action::check_config);
  const auto result
    = check_config(*parsed.command, {{"INTERMUTE_WRITER_BATCH_MAX", "7"}, {"HOME", "/home/ada"}});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  const auto row = [&](const std::string& key) {
    const auto at = result.out.find('\n' + key + ' ') + 1;
    std::string line = result.out.substr(at, result.out.find('\n', at) - at);
    line.erase(
      std::unique(line.begin(), line.end(), [](char a, char b) { return a == ' ' && b == ' '; }),
      line.end());
    return line;
  };
  CHECK(row("server.port") == "server.port 8000 file " + file.name() + ":2");
  CHECK(row("log.level") == "log.level warn flag --set");
  CHECK(row("writer.batch_max") == "writer.batch_max 7 env INTERMUTE_WRITER_BATCH_MAX");
  CHECK(row("auth.keys_file") == "auth.keys_file ./intermute.keys.yaml default");
  CHECK(row("storage.path")
        == "storage.path /home/ada/.local/share/intermute/intermute.db default");
}

TEST_CASE("check-config reports every problem", "[config][cli]") {
  const temp_file file{"server:\n  port: x\n"};
  const auto parsed = run({"check-config", "--config", file.name(), "--set", "a.b=1"});
  REQUIRE(parsed.command);
  const auto result = check_config(*parsed.command, {});
  CHECK(result.exit_code == 1);
  CHECK(result.out.empty());
  CHECK(result.err
        == file.name() + ":2:9: server.port: \"x\" is not a whole number\n"
             + "flag --set: unknown key a.b\n");
}
