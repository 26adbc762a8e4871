#include "config/load.hpp"
#include "config/loopback.hpp"

#include <catch2/catch.hpp>

using namespace intermute::config;

namespace {

load_result load_flags(std::vector<flag_override> flags) {
  return load({{}, {}, std::move(flags)});
}

} // namespace

TEST_CASE("a server can be bound to addresses and localhost", "[config]") {
  const auto* const host
    = GENERATE("127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "localhost", "LocalHost",
               "0.0.0.0", "::", "192.168.1.1", "fe80::1");
  CAPTURE(host);
  CHECK(load_flags({{"server.host", host, "--host"}}).problems.empty());
}

TEST_CASE("what is no address is no host to listen on", "[config]") {
  const auto* const host = GENERATE("", "example.org", "127.0.0.1.example.org", "127.1",
                                    "localhost ", "[::1]", "127.0.0.1:80", "*");
  const auto loaded = load_flags({{"server.host", host, "--host"}});
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].where == "flag --host");
  CHECK(loaded.problems[0].what
        == "server.host: \"" + std::string{host}
             + "\" is not an IP address and not localhost; write for example 127.0.0.1, ::1, or "
               "0.0.0.0 for all addresses");
}

TEST_CASE("loopback is this machine alone", "[config]") {
  for (const auto* host : {"127.0.0.1", "127.8.9.10", "::1", "0:0:0:0:0:0:0:1", "LocalHost"})
    CHECK(is_loopback(host));
  for (const auto* host : {"", "0.0.0.0", "::", "192.168.1.1", "128.0.0.1", "example.org",
                           "127.0.0.1.example.org", "127.1", "localhost ", "[::1]"})
    CHECK_FALSE(is_loopback(host));
}

TEST_CASE("a Unix socket has a path that the system takes", "[config]") {
  const auto problems = [](const std::string& path) {
    return load_flags({{"server.socket", path, "--socket"}}).problems;
  };
  CHECK(problems("").empty());
  CHECK(problems(std::string(107, 's')).empty());
  REQUIRE(problems(std::string(108, 's')).size() == 1);
  CHECK(problems(std::string(108, 's'))[0].what
        == "server.socket: 108 bytes are too long for the path of a Unix socket; at most 107 fit");
}

TEST_CASE("a zero byte hides nothing", "[config]") {
  using namespace std::string_literals;
  CHECK_FALSE(is_loopback("127.0.0.1\0.example.org"s));
  CHECK_FALSE(is_host_name("a\0b"s));
  CHECK_FALSE(is_listen_host("127.0.0.1\0.example.org"s));
  for (const auto* key : {"storage.path", "server.socket", "auth.keys_file"})
    CHECK(load_flags({{key, "a\0b"s, "--set"}}).problems.size() == 1);
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
