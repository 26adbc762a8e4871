#include "transport/http/access.hpp"
#include "transport/http/head_scanner.hpp"
#include "transport/http/problem.hpp"
#include "transport/http/routes.hpp"
#include "transport/http/target.hpp"
#include "transport/pipeline.hpp"
#include "transport/slot_map.hpp"
#include "transport/ws/outbox.hpp"
#include "transport/ws/render_event.hpp"

#include <catch2/catch.hpp>
#include <rapidjson/document.h>

#include <fstream>
#include <set>
#include <sstream>

using namespace intermute;
using namespace intermute::transport;
using base::errc;

namespace {

struct path_case {
  http::verb method;
  std::string path;
  std::string id; ///< Of the route; empty: none.
  std::string parameter;
};

struct refused_path {
  http::verb method;
  std::string path;
  errc code;
  std::string allow;
};

struct host_case {
  std::string host;
  std::string origin;
  std::string fetch_site;
  bool fine;
};

std::string event_text(domain::event_kind kind, bool extended) {
  domain::event what;
  what.at = 12;
  what.kind = kind;
  what.project = "p2";
  what.message_id = "w1";
  what.created_at = base::from_nanoseconds(1'700'000'000'500'000'000);
  return ws::render_event(what, "bob", extended);
}

} // namespace

TEST_CASE("paths find their route", "[routes]") {
  using enum http::verb;
  const auto one = GENERATE(values<path_case>({
    {get, "/health", "getHealth", ""},
    {head, "/health", "getHealth", ""},
    {get, "/api/version", "getVersion", ""},
    {get, "/metrics", "getMetrics", ""},
    {post, "/api/agents", "registerAgent", ""},
    {get, "/api/agents", "listAgents", ""},
    {head, "/api/agents", "listAgents", ""},
    {get, "/api/agents/x", "getAgent", "x"},
    {get, "/api/agents/x/", "getAgent", "x"},
    {get, "/api/agents/a%20b", "getAgent", "a b"},
    {get, "/api/agents/a%2Fb", "getAgent", "a/b"},
    {post, "/api/agents/x/heartbeat", "heartbeatAgent", "x"},
    {post, "/api/agents/x/heartbeat/", "heartbeatAgent", "x"},
    {post, "/api/messages", "sendMessage", ""},
    {post, "/api/messages/m/read", "readMessage", "m"},
    {post, "/api/messages/m/ack/", "ackMessage", "m"},
    {post, "/api/messages/a%2Fb/ack", "ackMessage", "a/b"},
    {get, "/api/inbox/bob", "readInbox", "bob"},
    {get, "/api/inbox/bob/", "readInbox", "bob"},
    {get, "/api/inbox/", "readInbox", ""},
    {get, "/api/inbox/a/b", "readInbox", "a/b"},
    {get, "/api/inbox/a%2Fb", "readInbox", "a/b"},
    {get, "/api/inbox/a+b", "readInbox", "a+b"},
    {get, "/api/inbox/a%2F..%2Fb", "readInbox", "a/../b"},
    {get, "/api/inbox/bob/counts", "countInbox", "bob"},
    {head, "/api/inbox/bob/counts", "countInbox", "bob"},
    {get, "/api/inbox/a%2Fb/counts", "countInbox", "a/b"},
    {get, "/api/inbox/bob/counts/", "readInbox", "bob/counts"},
    {get, "/api/inbox/counts", "readInbox", "counts"},
    {get, "/ws/agents/bob", "subscribeAgent", "bob"},
    {get, "/ws/agents/a/b/", "subscribeAgent", "a/b"},
    {get, "/ws/agents/", "subscribeAgent", ""},
  }));
  CAPTURE(one.path);
  const auto found = http::find_route(one.method, one.path);
  REQUIRE(found.row != nullptr);
  CHECK(found.row->id == one.id);
  CHECK(found.parameter == one.parameter);
  CHECK(&http::routes()[found.index] == found.row);
}

TEST_CASE("other paths and methods are refused", "[routes]") {
  using enum http::verb;
  const auto one = GENERATE(values<refused_path>({
    {get, "/", errc::route_not_found, ""},
    {get, "/nope", errc::route_not_found, ""},
    {get, "/health/", errc::route_not_found, ""},
    {get, "/api/version/", errc::route_not_found, ""},
    {get, "/api/agents/", errc::route_not_found, ""},
    {post, "/api/agents/x/zap", errc::route_not_found, ""},
    {post, "/api/agents/x/y/heartbeat", errc::route_not_found, ""},
    {post, "/api/messages/", errc::route_not_found, ""},
    {post, "/api/messages/m", errc::route_not_found, ""},
    {post, "/api/messages/a/b/ack", errc::route_not_found, ""},
    {get, "/ws/events", errc::route_not_found, ""},
    {get, "/API/agents", errc::route_not_found, ""},
    {post, "/health", errc::method_not_allowed, "GET, HEAD"},
    {other, "/api/agents", errc::method_not_allowed, "POST, GET, HEAD"},
    {get, "/api/agents/x/heartbeat", errc::method_not_allowed, "POST"},
    {head, "/api/messages", errc::method_not_allowed, "POST"},
    {post, "/api/inbox/bob", errc::method_not_allowed, "GET, HEAD"},
    {other, "/api/inbox/bob/counts", errc::method_not_allowed, "GET, HEAD"},
    {post, "/ws/agents/bob", errc::method_not_allowed, "GET"},
    {head, "/ws/agents/bob", errc::method_not_allowed, "GET"},
    {get, "/api/inbox/u%2", errc::invalid_request, ""},
    {get, "/api/inbox/%", errc::invalid_request, ""},
    {get, "/api/inbox/%zz", errc::invalid_request, ""},
    {get, "/nope/%zz", errc::invalid_request, ""},
    {get, "/api/agents/%00", errc::invalid_request, ""},
    {get, "/api/%2e%2e/agents", errc::invalid_request, ""},
    {get, "/api/agents/%2E", errc::invalid_request, ""},
    {get, "/api/inbox/%ff", errc::invalid_utf8, ""},
    {get, "/api/inbox/\xff", errc::invalid_utf8, ""},
  }));
  CAPTURE(one.path);
  const auto found = http::find_route(one.method, one.path);
  REQUIRE(found.row == nullptr);
  CHECK(found.location.empty());
  CHECK(found.failure == one.code);
  CHECK(found.allow == one.allow);
  if (one.code != errc::method_not_allowed)
    CHECK(found.index == http::routes().size());
}

TEST_CASE("unclean paths are sent to their clean form", "[routes]") {
  const std::vector<std::pair<std::string, std::string>> cases{
    {"/api/inbox", "/api/inbox/"},
    {"/ws/agents", "/ws/agents/"},
    {"//api/agents", "/api/agents"},
    {"/api//agents", "/api/agents"},
    {"/api/./agents", "/api/agents"},
    {"/api/x/../agents", "/api/agents"},
    {"/../health", "/health"},
    {"/api/inbox//", "/api/inbox/"},
    {"/api/inbox/bob/..", "/api/inbox/"},
    {"/..", "/"},
  };
  for (const auto& [path, clean] : cases) {
    CAPTURE(path);
    CHECK(http::find_route(http::verb::get, path).location == clean);
    CHECK((http::cleaned(path) == clean || path == "/api/inbox" || path == "/ws/agents"));
  }
  CHECK(http::find_route(http::verb::get, "/api/inbox/a..b").location.empty());
}

TEST_CASE("query values are read as Go reads them", "[target]") {
  using http::query_value;
  CHECK(query_value("a=1&b=2", "b") == "2");
  CHECK(query_value("a=1&a=2", "a") == "1");
  CHECK(query_value("a=1", "b") == std::nullopt);
  CHECK(query_value("", "a") == std::nullopt);
  CHECK(query_value("a", "a") == "");
  CHECK(query_value("a=", "a") == "");
  CHECK(query_value("a=x+y%20z%2B", "a") == "x y z+");
  CHECK(query_value("a=1;b=2&c=3", "a") == std::nullopt);
  CHECK(query_value("a=1;b=2&a=3", "a") == "3");
  CHECK(query_value("a=%zz&a=2", "a") == "2");
  CHECK(query_value("%61=1", "a") == "1");
  CHECK(query_value("a=b=c", "a") == "b=c");
  CHECK(query_value("&&a=1", "a") == "1");
  CHECK(http::is_utf8_query("a=%C3%A4&b=c"));
  CHECK_FALSE(http::is_utf8_query("a=%ff"));
  CHECK_FALSE(http::is_utf8_query("a=\xff"));
}

TEST_CASE("a head ends with its empty line, however it comes", "[http]") {
  using verdict = http::head_scanner::verdict;
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto text = head + "more";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    http::head_scanner scanner;
    auto last = verdict::incomplete;
    for (std::size_t size = step; last == verdict::incomplete && size < text.size() + step;
         size += step)
      last = scanner.scan(std::string_view{text}.substr(0, size));
    CHECK(last == verdict::complete);
    CHECK(scanner.length() == head.size());
  }
  for (const auto* bad :
       {"GET / HTTP/1.1\nHost: x\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "\n", "GET / HTTP/1.1\r\nA: b\r\n\tc\r\n\r\n"}) {
    CAPTURE(bad);
    CHECK(http::head_scanner{}.scan(bad) == verdict::malformed);
  }
}

TEST_CASE("hosts and origins of this machine are let in", "[access]") {
  const auto one = GENERATE(values<host_case>({
    {"127.0.0.1", "", "", true},
    {"127.0.0.1:7338", "", "", true},
    {"LocalHost:1", "", "", true},
    {"[::1]:7338", "", "", true},
    {"[::1]", "", "", true},
    {"allowed.example", "", "", true},
    {"ALLOWED.example:8080", "", "", true},
    {"evil.example", "", "", false},
    {"localhost.evil.example", "", "", false},
    {"127.0.0.1.evil.example", "", "", false},
    {"10.0.0.1", "", "", false},
    {"", "", "", false},
    {"localhost:evil", "", "", false},
    {"[::1", "", "", false},
    {"[::1]x", "", "", false},
    {"localhost:1", "http://localhost:1", "", true},
    {"localhost:1", "http://LOCALHOST:1", "same-origin", true},
    {"localhost:1", "http://localhost:2", "", false},
    {"localhost:1", "http://evil.example", "", false},
    {"localhost:1", "null", "", false},
    {"localhost:1", "http://localhost:1", "cross-site", false},
    {"localhost:1", "", "cross-site", false},
    {"localhost:1", "", "none", true},
  }));
  CAPTURE(one.host, one.origin, one.fetch_site);
  const std::vector<std::string> allowed{"allowed.example"};
  http::host_guard guard{allowed};
  http::request asked;
  asked.has_host = true;
  asked.host = one.host;
  asked.has_origin = !one.origin.empty();
  asked.origin = one.origin;
  asked.fetch_site = one.fetch_site;
  for (int i = 0; i < 2; ++i) // The second time from what the guard remembers.
    CHECK(static_cast<bool>(guard.check(asked)) == one.fine);
}

TEST_CASE("every code becomes a problem of its row", "[problem]") {
  std::ifstream file{INTERMUTE_SOURCE_DIR "/api/errors.json"};
  std::stringstream content;
  content << file.rdbuf();
  rapidjson::Document listed;
  listed.Parse(content.str());
  REQUIRE(listed.IsArray());
  REQUIRE(listed.Size() == base::errc_count);
  std::set<std::string> titles;
  for (std::size_t i = 0; i < base::errc_count; ++i) {
    const auto code = static_cast<errc>(i);
    CAPTURE(base::to_string(code));
    http::response answer;
    answer.fail({code, {}, "project"});
    http::render_problem(answer, {"/api/x", "id-1"});
    rapidjson::Document problem;
    problem.Parse(answer.body);
    REQUIRE(problem.IsObject());
    const auto text = [&](const char* name) { return std::string{problem[name].GetString()}; };
    CHECK(answer.content_type == http::problem_type);
    CHECK(answer.body.ends_with("}\n"));
    CHECK(problem["status"].GetUint() == answer.status);
    CHECK(text("code") == base::to_string(code));
    CHECK(text("type") == "urn:intermute:problem:" + text("code"));
    CHECK_FALSE(text("detail").empty());
    CHECK_FALSE(text("error").empty());
    CHECK(text("instance") == "/api/x");
    CHECK(text("request_id") == "id-1");
    CHECK(http::reason_of(answer.status) != "Unknown");
    const bool again = answer.headers.find("Retry-After: 1\r\n") != std::string::npos;
    CHECK(again
          == (answer.status == 429 || answer.status == 503
              || code == base::errc::idempotency_in_progress));
    titles.insert(text("title"));

    const auto& row = listed[static_cast<rapidjson::SizeType>(i)];
    CHECK(row["code"].GetString() == text("code"));
    CHECK(row["status"].GetUint() == answer.status);
    CHECK(row["title"].GetString() == text("title"));
  }
  CHECK(titles.size() == base::errc_count);
}

TEST_CASE("problems keep the words of the reference", "[problem]") {
  const auto error_of = [](base::error why) {
    http::response answer;
    answer.fail(std::move(why));
    http::render_problem(answer, {"/", "id"});
    rapidjson::Document problem;
    problem.Parse(answer.body);
    return std::string{problem["error"].GetString()};
  };
  CHECK(error_of({errc::route_not_found, {}, {}}) == "404 page not found");
  CHECK(error_of({errc::method_not_allowed, {}, {}}) == "method not allowed");
  CHECK(error_of({errc::invalid_focus_state, {}, {}}) == "invalid focus_state");
  CHECK(error_of({errc::invalid_transport, {}, {}}) == "invalid transport");
  CHECK(error_of({errc::active_session_conflict, {}, {}})
        == "session_id is in use by an active agent");
  CHECK(error_of({errc::invalid_session_id, {}, "unknown"})
        == "invalid session_id: must be a valid UUID: \"unknown\"");
  CHECK(error_of({errc::mailbox_full, {}, "project"}) == "mailbox_full");
}

TEST_CASE("a full mailbox of a project is 429, one of the server 503", "[problem]") {
  for (const auto* own : {"project", "inbox", "reservations"})
    CHECK(http::status_of({errc::mailbox_full, {}, own}) == 429);
  for (const auto* shared : {"directory", "push", "writer", "reader", "connections"})
    CHECK(http::status_of({errc::mailbox_full, {}, shared}) == 503);
}

TEST_CASE("events have the members of the contract, sorted", "[ws]") {
  using enum domain::event_kind;
  CHECK(event_text(message_created, false)
        == "{\"agent\":\"bob\",\"cursor\":12,\"message_id\":\"w1\",\"project\":\"p2\","
           "\"type\":\"message.created\"}\n");
  CHECK(event_text(message_ack, false)
        == "{\"message_id\":\"w1\",\"project\":\"p2\",\"type\":\"message.ack\"}\n");
  CHECK(event_text(message_created, true)
        == "{\"agent\":\"bob\",\"created_at\":\"2023-11-14T22:13:20.5Z\",\"cursor\":12,"
           "\"message_id\":\"w1\",\"project\":\"p2\",\"type\":\"message.created\"}\n");
  CHECK(event_text(message_read, true)
        == "{\"created_at\":\"2023-11-14T22:13:20.5Z\",\"cursor\":12,\"message_id\":\"w1\","
           "\"project\":\"p2\",\"type\":\"message.read\"}\n");
}

TEST_CASE("an outbox refuses what is beyond its bounds", "[ws]") {
  const auto text = [](std::size_t size) {
    return actors::frame{1, std::make_shared<std::string>(size, 'x'), false};
  };
  ws::outbox few{2, 1'000};
  CHECK(few.push(text(1)));
  CHECK(few.push(text(1)));
  CHECK_FALSE(few.push(text(1)));
  few.pop();
  CHECK(few.push(text(999)));
  ws::outbox small{100, 10};
  CHECK(small.push(text(4)));
  CHECK(small.push(text(6)));
  CHECK_FALSE(small.push(text(1)));
  small.keep_first();
  CHECK(small.push(text(6)));
  CHECK_FALSE(small.push(text(1)));
}

TEST_CASE("ids of a slot map are never used twice", "[slot_map]") {
  transport::slot_map<int> map{3};
  const auto first = map.insert(std::make_shared<int>(1));
  CHECK(*map.find(first) == 1);
  CHECK(first >> 56U == 3);
  map.erase(first);
  map.erase(first);
  CHECK(map.find(first) == nullptr);
  const auto second = map.insert(std::make_shared<int>(2));
  CHECK(second != first);
  CHECK(map.find(first) == nullptr);
  CHECK(*map.find(second) == 2);
  CHECK(map.size() == 1);
}

TEST_CASE("a pipeline keeps its order while it grows and wraps", "[pipeline]") {
  transport::pipeline line{5};
  std::uint64_t next = 1;
  for (int round = 0; round < 7; ++round) {
    while (!line.full())
      line.push().path = std::to_string(next++);
    CHECK(line.size() == 5);
    for (int i = 0; i < 3; ++i) {
      const auto number = line.front().number;
      CHECK(line.front().path == std::to_string(number));
      CHECK(line.find_open(number) == &line.front());
      line.pop();
      CHECK(line.find_open(number) == nullptr);
    }
  }
  CHECK(line.find_open(0) == nullptr);
  CHECK(line.find_open(next) == nullptr);
  line.back().is = transport::exchange::state::ready;
  CHECK(line.find_open(line.back().number) == nullptr);
}
