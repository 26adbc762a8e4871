#include "config/load.hpp"
#include "config/loopback.hpp"

#include <catch2/catch.hpp>

using namespace intermute::config;

namespace {

load_result load_flags(std::vector<flag_override> flags) {
  return load({{}, {}, std::move(flags)});
}

} // namespace

TEST_CASE("only loopback hosts are bound", "[config]") {
  const auto host
    = GENERATE("127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "localhost", "LocalHost");
  CAPTURE(host);
  CHECK(load_flags({{"server.host", host, "--host"}}).problems.empty());
}

TEST_CASE("a host that others can reach is refused until there are keys", "[config]") {
  const auto host = GENERATE("", "0.0.0.0", "::", "192.168.1.1", "128.0.0.1", "example.org",
                             "127.0.0.1.example.org", "127.1", "localhost ", "[::1]");
  const auto loaded = load_flags({{"server.host", host, "--host"}});
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].where == "flag --host");
  CHECK(loaded.problems[0].what
        == "server.host: \"" + std::string{host}
             + "\" is not a loopback address; API keys arrive with a later version, so bind to "
               "127.0.0.1, ::1 or localhost");
}

TEST_CASE("a zero byte hides nothing", "[config]") {
  using namespace std::string_literals;
  CHECK_FALSE(is_loopback("127.0.0.1\0.example.org"s));
  CHECK_FALSE(is_host_name("a\0b"s));
  CHECK(load_flags({{"storage.path", "a\0b"s, "--db"}}).problems.size() == 1);
}

TEST_CASE("extra hosts are names without scheme and port", "[config]") {
  CHECK(is_host_name("box.local"));
  CHECK(is_host_name("fe80::1"));
  CHECK_FALSE(is_host_name(std::string(254, 'a')));
  const auto host = GENERATE("http://box", "box:80", "box/x", "*", "a b", "a,,b");
  const auto loaded = load_flags({{"server.allowed_hosts", host, "--set"}});
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].what.ends_with("is not a host name; write it without scheme, port and "
                                          "path"));
}

TEST_CASE("a pair in the wrong order blames what was written", "[config]") {
  const auto first = load_flags({{"breaker.open_time", "1m", "--set"}});
  REQUIRE(first.problems.size() == 1);
  CHECK(first.problems[0].where == "flag --set");
  CHECK(first.problems[0].what == "breaker.open_time: 1m is above breaker.open_time_max (30s)");

  const auto second = load_flags({{"server.request_timeout", "100ms", "--set"}});
  REQUIRE(second.problems.size() == 1);
  CHECK(second.problems[0].where == "flag --set");
  CHECK(second.problems[0].what
        == "storage.busy_timeout_ms: 200ms is above server.request_timeout (100ms)");

  CHECK(load_flags({{"breaker.open_time", "30s", "--set"}}).problems.empty());
}

TEST_CASE("a rule about a broken value stays silent", "[config]") {
  const auto loaded = load_flags(
    {{"breaker.open_time", "1m", "--set"}, {"breaker.open_time_max", "soon", "--set"}});
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].what
        == "breaker.open_time_max: \"soon\" is not a duration such as 500ms, 2s, 1m or 1h");
}

TEST_CASE("the database lies in the user's data directory", "[config]") {
  const auto path
    = [](const environment& env) { return default_database_path(env).value_or("none"); };
  CHECK(path({{"HOME", "/home/ada"}}) == "/home/ada/.local/share/intermute/intermute.db");
  CHECK(path({{"HOME", "/home/ada"}, {"XDG_DATA_HOME", "/data"}})
        == "/data/intermute/intermute.db");
  CHECK(path({{"HOME", "/home/ada"}, {"XDG_DATA_HOME", "data"}})
        == "/home/ada/.local/share/intermute/intermute.db");
  CHECK(path({{"HOME", "/home/ada"}, {"XDG_DATA_HOME", ""}})
        == "/home/ada/.local/share/intermute/intermute.db");
  CHECK(path({}) == "none");
}
