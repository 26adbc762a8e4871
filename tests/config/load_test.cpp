#include "config/load.hpp"
#include "temp_file.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace intermute::config;
using namespace std::chrono_literals;
using test::temp_file;

namespace {

load_result load_text(std::string_view yaml) {
  const temp_file file{yaml};
  return load({file.path(), {}, {}});
}

load_result load_flag(const std::string& key, const std::string& value) {
  return load({{}, {}, {{key, value, "--set"}}});
}

load_result load_env(const environment& env) { return load({{}, env, {}}); }

std::string source_of(const load_result& loaded, std::string_view path) {
  const auto found = std::ranges::find(loaded.sources, path, &setting_source::key);
  return found == loaded.sources.end() ? "missing" : found->source;
}

std::vector<std::string> texts(const load_result& loaded, const std::string& file = {}) {
  std::vector<std::string> lines;
  for (const auto& one : loaded.problems) {
    auto where = one.where;
    if (!file.empty() && where.starts_with(file))
      where.erase(0, file.size());
    lines.push_back(where + " " + one.what);
  }
  return lines;
}

using lines = std::vector<std::string>;

struct yaml_case {
  std::string yaml;
  std::string problem;
};

} // namespace

TEST_CASE("without anything the defaults hold", "[config]") {
  const auto loaded = load({});
  CHECK(loaded.problems.empty());
  CHECK(loaded.values.server.host == "127.0.0.1");
  CHECK(loaded.values.server.port == 7'338);
  CHECK(loaded.values.server.request_timeout == 2s);
  CHECK(loaded.values.mailboxes.capacity(mailbox_class::writer) == 8'192);
  CHECK(loaded.values.storage.path.empty());
  CHECK(
    std::ranges::all_of(loaded.sources, [](const auto& one) { return one.source == "default"; }));
}

TEST_CASE("a file sets every kind of value", "[config]") {
  const auto loaded = load_text(R"(
server:
  port: 0
  allowed_hosts: [box.local, "10.0.0.7"]
  scheduler: stealing
  request_timeout: 5s
  body_bytes_max: 2MiB
storage: {path: /tmp/x.db, synchronous: normal}
mailboxes: {project: {capacity: 64}}
breaker:
log.level: debug
)");
  CHECK(texts(loaded).empty());
  const auto& values = loaded.values;
  CHECK(values.server.port == 0);
  CHECK(values.server.allowed_hosts == lines{"box.local", "10.0.0.7"});
  CHECK(values.server.scheduler == scheduler_kind::stealing);
  CHECK(values.server.request_timeout == 5s);
  CHECK(values.server.body_bytes_max == 2'097'152);
  CHECK(values.storage.path == "/tmp/x.db");
  CHECK(values.storage.synchronous == synchronous_mode::normal);
  CHECK(values.mailboxes.capacity(mailbox_class::project) == 64);
  CHECK(values.mailboxes.capacity(mailbox_class::inbox) == 1'024);
  CHECK(values.log.level == log_level::debug);
}

TEST_CASE("flags win over environment, that over the file, that over defaults", "[config]") {
  const temp_file file{"server:\n  port: 1\n  io_threads: 2\n  pipeline_max: 3\n"};
  const auto loaded
    = load({file.path(),
            {{"INTERMUTE_SERVER_PORT", "10"}, {"INTERMUTE_SERVER_IO_THREADS", "20"}},
            {{"server.port", "99", "--set"}, {"server.port", "100", "--port"}}});
  CHECK(texts(loaded).empty());
  CHECK(loaded.values.server.port == 100);
  CHECK(loaded.values.server.io_threads == 20);
  CHECK(loaded.values.server.pipeline_max == 3);
  CHECK(source_of(loaded, "server.port") == "flag --port");
  CHECK(source_of(loaded, "server.io_threads") == "env INTERMUTE_SERVER_IO_THREADS");
  CHECK(source_of(loaded, "server.pipeline_max") == "file " + file.name() + ":4");
  CHECK(source_of(loaded, "server.host") == "default");
}

TEST_CASE("lists in environment and flags are cut at commas", "[config]") {
  CHECK(load_env({{"INTERMUTE_SERVER_ALLOWED_HOSTS", "a, b"}}).values.server.allowed_hosts
        == lines{"a", "b"});
  CHECK(load_flag("server.allowed_hosts", "a").values.server.allowed_hosts == lines{"a"});
}

TEST_CASE("an empty variable is an unset one, and others' variables do not matter", "[config]") {
  const auto loaded = load_env({{"INTERMUTE_SERVER_PORT", ""},
                                {"INTERMUTE_URL", "http://127.0.0.1:7338"},
                                {"INTERMUTE_AGENT", "ada"},
                                {"HOME", "/root"}});
  CHECK(texts(loaded).empty());
  CHECK(source_of(loaded, "server.port") == "default");
}

TEST_CASE("the old name of a variable counts, the new one more", "[config]") {
  const auto file = [](const environment& env) {
    const auto loaded = load_env(env);
    CHECK(texts(loaded).empty());
    return loaded.values.auth.keys_file;
  };
  CHECK(file({{"INTERMUTE_KEYS_FILE", " /a/keys \n"}}) == "/a/keys");
  CHECK(file({{"INTERMUTE_KEYS_FILE", " \t"}}).empty());
  CHECK(file({{"INTERMUTE_KEYS_FILE", "/a"}, {"INTERMUTE_AUTH_KEYS_FILE", "/b"}}) == "/b");
  CHECK(file({{"INTERMUTE_KEYS_FILE", "/a"}, {"INTERMUTE_AUTH_KEYS_FILE", ""}}) == "/a");
  CHECK(source_of(load_env({{"INTERMUTE_KEYS_FILE", "/a"}}), "auth.keys_file")
        == "env INTERMUTE_KEYS_FILE");
}

TEST_CASE("yes and no are written true and false", "[config]") {
  CHECK(load_text("auth: {require_agent_token: true}\n").values.auth.require_agent_token);
  CHECK_FALSE(load_text("admin: {allow_localhost: false}\n").values.admin.allow_localhost);
  CHECK(texts(load_flag("admin.allow_localhost", "yes"))
        == lines{"flag --set admin.allow_localhost: \"yes\" is not one of false, true"});
}

TEST_CASE("each problem in a file names its line and column", "[config]") {
  const auto one = GENERATE(values<yaml_case>({
    {"server:\n  prot: 1\n", ":2:3 unknown key server.prot; did you mean server.port?"},
    {"sever:\n  port: 1\n", ":1:1 unknown key sever; did you mean server?"},
    {"xyzzy: 1\n", ":1:1 unknown key xyzzy"},
    {"server:\n  port: 70000\n", ":2:9 server.port: 70000 is outside 0 to 65535"},
    {"server:\n  port: x\n", ":2:9 server.port: \"x\" is not a whole number"},
    {"server:\n  port: [1]\n", ":2:9 server.port: takes one value, not a list"},
    {"server:\n  port: {a: 1}\n", ":2:9 server.port takes a value, not a map"},
    {"server:\n  port: ~\n", ":2:9 server.port has no value"},
    {"server:\n  port: 1\n  port: 2\n", ":3:3 server.port is given twice"},
    {"server: 3\n", ":1:9 server takes a map of keys"},
    {"server:\n  allowed_hosts: a\n",
     ":2:18 server.allowed_hosts: takes a list, such as [one, two]"},
    {"server:\n  allowed_hosts: [a, [b]]\n",
     ":2:22 server.allowed_hosts takes a list of plain values"},
    {"? [a, b]\n: 1\n", ":1:3 a key must be a word"},
    {"- a\n", ":1:1 the file must be a map of sections"},
    {"log: {level: info}\n---\nlog: {level: warn}\n", ":2:1 a second document begins here"},
    {", log: {level: debug}\n", ":1:1 a second document begins here"},
    {"log:\n  level: loud\n",
     ":2:10 log.level: \"loud\" is not one of trace, debug, info, warn, error"},
    {"log:\n  level: [\n", ":3:1 is not YAML: end of sequence flow not found"},
  }));
  CAPTURE(one.yaml);
  const temp_file file{one.yaml};
  CHECK(texts(load({file.path(), {}, {}}), file.name()) == lines{one.problem});
}

TEST_CASE("an empty file is fine", "[config]") {
  CHECK(load_text("").problems.empty());
  CHECK(load_text("# nothing\n").problems.empty());
  CHECK(load_text("---\n").problems.empty());
}

TEST_CASE("a file that cannot be read is a problem", "[config]") {
  CHECK(texts(load({"/nowhere/x.yaml", {}, {}}))
        == lines{"/nowhere/x.yaml cannot be read: No such file or directory"});
  CHECK(texts(load({"/tmp", {}, {}})) == lines{"/tmp cannot be read: it is a directory"});
  const temp_file large{std::string(1'048'577, '#')};
  CHECK(texts(load({large.path(), {}, {}}), large.name()) == lines{" is larger than 1MiB"});
}

TEST_CASE("environment and flags name themselves in problems", "[config]") {
  CHECK(texts(load_env({{"INTERMUTE_SERVER_PORT", "x"}}))
        == lines{"env INTERMUTE_SERVER_PORT server.port: \"x\" is not a whole number"});
  CHECK(texts(load_env({{"INTERMUTE_SERVER_PROT", "1"}}))
        == lines{"env INTERMUTE_SERVER_PROT unknown variable; did you mean "
                 "INTERMUTE_SERVER_PORT?"});
  CHECK(texts(load_env({{"INTERMUTE_LOG_DIRECTORY", "1"}}))
        == lines{"env INTERMUTE_LOG_DIRECTORY unknown variable"});
  CHECK(texts(load_flag("server.port", "70000"))
        == lines{"flag --set server.port: 70000 is outside 0 to 65535"});
  CHECK(texts(load_flag("port", "1"))
        == lines{"flag --set unknown key port; did you mean server.port?"});
  CHECK(texts(load_flag("server", "1")) == lines{"flag --set server is a section, not a key"});
}

TEST_CASE("all problems come at once, in order", "[config]") {
  const temp_file file{"server:\n  port: 70000\n  hots: x\nstorage:\n  readers: 0\n"};
  const auto loaded = load(
    {file.path(), {{"INTERMUTE_LOG_LEVEL", "loud"}}, {{"actors.restart_pause", "1m", "--set"}}});
  CHECK(texts(loaded, file.name())
        == lines{":3:3 unknown key server.hots; did you mean server.host?",
                 ":2:9 server.port: 70000 is outside 0 to 65535",
                 ":5:12 storage.readers: 0 is outside 1 to 64",
                 "env INTERMUTE_LOG_LEVEL log.level: \"loud\" is not one of trace, debug, info, "
                 "warn, error",
                 "flag --set actors.restart_pause: 1m is above actors.restart_pause_max (5s)"});
}
