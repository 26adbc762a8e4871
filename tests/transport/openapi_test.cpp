#include "transport/http/problem.hpp"
#include "transport/http/routes.hpp"
#include "transport/wire/agents.hpp"
#include "transport/wire/presence.hpp"
#include "transport/wire/projects.hpp"
#include "transport/wire/reservations.hpp"
#include "transport/wire/threads.hpp"
#include "transport/ws/render_event.hpp"

#include <catch2/catch.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace intermute;
using transport::json::presence;

namespace {

using names = std::set<std::string>;

const std::filesystem::path api{INTERMUTE_SOURCE_DIR "/api"};

/// `api/openapi.yaml`, read once.
const YAML::Node& description() {
  static const YAML::Node file = YAML::LoadFile((api / "openapi.yaml").string());
  return file;
}

YAML::Node schema(const std::string& name) {
  auto found = description()["components"]["schemas"][name];
  INFO("schema " << name);
  REQUIRE(found.IsDefined());
  return found;
}

names keys_of(const YAML::Node& map) {
  names found;
  for (const auto& one : map)
    found.insert(one.first.as<std::string>());
  return found;
}

names values_of(const YAML::Node& list) {
  names found;
  for (const auto& one : list)
    found.insert(one.as<std::string>());
  return found;
}

names required_of(const std::string& name) { return values_of(schema(name)["required"]); }

names properties_of(const std::string& name) { return keys_of(schema(name)["properties"]); }

/// The members of a JSON object; JSON is YAML.
names members_of_text(const std::string& json) { return keys_of(YAML::Load(json)); }

template <class T>
names members(std::vector<presence> wanted = {presence::always, presence::when_set}) {
  names found;
  for (const auto& row : transport::json::members_of<T>())
    if (std::count(wanted.begin(), wanted.end(), row.when) > 0)
      found.insert(std::string{row.name});
  return found;
}

/// Calls `see` with every node below and with `at` itself.
void walk(const YAML::Node& at, const std::function<void(const YAML::Node&)>& see) {
  see(at);
  if (at.IsMap())
    for (const auto& one : at)
      walk(one.second, see);
  else if (at.IsSequence())
    for (const auto& one : at)
      walk(one, see);
}

/// `POST /api/agents registerAgent` for every operation of the description.
names described_operations() {
  names found;
  for (const auto& path : description()["paths"])
    for (const auto& operation : path.second) {
      auto method = operation.first.as<std::string>();
      for (auto& letter : method)
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
      found.insert(method + " " + path.first.as<std::string>() + " "
                   + operation.second["operationId"].as<std::string>());
    }
  return found;
}

std::string name_of(transport::http::verb method) {
  using enum transport::http::verb;
  switch (method) {
  case get: return "GET";
  case post: return "POST";
  case put: return "PUT";
  case patch: return "PATCH";
  case del: return "DELETE";
  default: return "?";
  }
}

/// The same for every row of the route table; `{x...}` is `{x}` there.
names served_operations() {
  names found;
  for (const auto& row : transport::http::routes()) {
    std::string path{row.path};
    if (const auto dots = path.find("..."); dots != std::string::npos)
      path.erase(dots, 3);
    found.insert(name_of(row.method) + " " + path + " " + std::string{row.id});
  }
  return found;
}

/// The operation of that id.
YAML::Node operation(const std::string& id) {
  for (const auto& path : description()["paths"])
    for (const auto& one : path.second)
      if (one.second["operationId"].as<std::string>() == id)
        return one.second;
  FAIL("no operation " << id);
  return {};
}

/// The parameters of an operation of that kind (`path`, `query`, `header`), by name.
names parameters_of(const YAML::Node& operation, const std::string& kind) {
  const auto shared = description()["components"]["parameters"];
  names found;
  for (const auto& one : operation["parameters"]) {
    const auto ref = one["$ref"];
    const auto row
      = ref ? shared[ref.as<std::string>().substr(sizeof("#/components/parameters"))] : one;
    if (row["in"].as<std::string>() == kind)
      found.insert(row["name"].as<std::string>());
  }
  return found;
}

/// The names in braces.
names parameters_of_path(const std::string& path) {
  names found;
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{', open + 1))
    found.insert(path.substr(open + 1, path.find('}', open) - open - 1));
  return found;
}

/// The members of every problem there can be, and those that each of them has.
struct problem_members {
  names any;
  names all;
};
problem_members rendered_problems() {
  problem_members found;
  for (std::size_t i = 0; i < base::errc_count; ++i) {
    transport::http::response answer;
    const auto code = static_cast<base::errc>(i);
    answer.fail({code, "detail", "where"});
    if (code == base::errc::policy_denied)
      transport::wire::append_denied(answer.members, {"bob"});
    if (code == base::errc::reservation_conflict)
      transport::wire::append_conflicts_member(answer.members, {{}});
    transport::http::render_problem(answer, {"/path", "id"});
    const auto now = members_of_text(answer.body);
    found.any.insert(now.begin(), now.end());
    if (i == 0)
      found.all = now;
    std::erase_if(found.all, [&](const std::string& one) { return !now.contains(one); });
  }
  return found;
}

names error_codes() {
  names found;
  for (std::size_t i = 0; i < base::errc_count; ++i)
    found.insert(std::string{to_string(static_cast<base::errc>(i))});
  return found;
}

} // namespace

TEST_CASE("every route is described, and nothing else", "[openapi]") {
  REQUIRE(described_operations() == served_operations());
}

TEST_CASE("every parameter of a path is described", "[openapi]") {
  for (const auto& path : description()["paths"])
    for (const auto& one : path.second) {
      const auto text = path.first.as<std::string>();
      INFO(text);
      CHECK(parameters_of(one.second, "path") == parameters_of_path(text));
    }
}

TEST_CASE("every route lists the refusals that its row brings", "[openapi]") {
  for (const auto& row : transport::http::routes()) {
    using enum transport::http::verb;
    INFO(row.id);
    const auto described = operation(std::string{row.id});
    const auto statuses = keys_of(described["responses"]);
    const bool guarded = row.needs != transport::http::access::open;
    CHECK(statuses.contains("401") == guarded);
    CHECK(statuses.contains("403") == guarded);
    const bool writes = row.method != get;
    CHECK(statuses.contains("409") == writes);
    CHECK(statuses.contains("422") == writes);
    CHECK(statuses.contains("413") == (writes && row.beyond == transport::http::too_large::is_413));
    CHECK(parameters_of(described, "header").contains("Idempotency-Key") == writes);
    CHECK(statuses.contains("400"));
    CHECK_FALSE(statuses.contains("default"));
  }
}

TEST_CASE("every reference in the description leads somewhere", "[openapi]") {
  walk(description(), [](const YAML::Node& at) {
    if (!at.IsMap() || !at["$ref"])
      return;
    const auto ref = at["$ref"].as<std::string>();
    INFO(ref);
    REQUIRE(ref.starts_with("#/components/"));
    const auto kind = ref.substr(13, ref.find('/', 13) - 13);
    const auto name = ref.substr(ref.rfind('/') + 1);
    CHECK(description()["components"][kind][name].IsDefined());
  });
}

TEST_CASE("request bodies have the members that the server reads", "[openapi]") {
  CHECK(properties_of("RegisterRequest") == members<actors::register_agent>());
  CHECK(properties_of("HeartbeatRequest") == members<transport::wire::heartbeat_body>());
  CHECK(properties_of("SendRequest") == members<transport::wire::send_body>());
  CHECK(properties_of("MarkRequest") == members<transport::wire::mark_body>());
  CHECK(properties_of("MetadataRequest") == members<transport::wire::metadata_body>());
  CHECK(properties_of("PolicyRequest") == members<transport::wire::policy_body>());
  CHECK(properties_of("BroadcastRequest") == members<actors::broadcast>());
  CHECK(properties_of("ReserveRequest") == members<actors::reserve>());
}

TEST_CASE("replies have the members that the server writes", "[openapi]") {
  const auto same = [](const std::string& name, const names& any, const names& all) {
    INFO("schema " << name);
    CHECK(properties_of(name) == any);
    CHECK(required_of(name) == all);
  };
  const std::vector<presence> always{presence::always};
  using namespace transport::wire;
  same("Registered", members<registered_reply>(), members<registered_reply>(always));
  same("Agent", members<agent_row>(), members<agent_row>(always));
  same("HeartbeatReply", members<heartbeat_reply>(), members<heartbeat_reply>(always));
  same("Message", members<message_row>(), members<message_row>(always));
  same("InboxCounts", members<domain::inbox_counts>(), members<domain::inbox_counts>(always));
  same("Version", members<version_reply>(), members<version_reply>(always));
  same("RetiredAgent", members<retired_row>(), members<retired_row>(always));
  same("UnretiredAgent", members<unretired_row>(), members<unretired_row>(always));
  same("Presence", members<presence_row>(), members<presence_row>(always));
  same("Policy", members<policy_reply>(), members<policy_reply>(always));
  same("Contacts", members<contacts_reply>(), members<contacts_reply>(always));
  same("Project", members<project_row>(), members<project_row>(always));
  same("ThreadSummary", members<thread_row>(), members<thread_row>(always));
  same("ThreadMessage", members<thread_message_row>(), members<thread_message_row>(always));
  same("StaleAck", members<stale_ack_row>(), members<stale_ack_row>(always));
  same("Reservation", members<reservation_row>(), members<reservation_row>(always));
  same("Reserved", members<reserved_row>(), members<reserved_row>(always));
  same("ReservationConflict", members<actors::conflict>(), members<actors::conflict>(always));
}

TEST_CASE("replies written by hand have the members of their schema", "[openapi]") {
  using namespace transport::wire;
  const auto same = [](const std::string& name, const auto& append) {
    INFO("schema " << name);
    std::string text;
    append(text);
    CHECK(members_of_text(text) == properties_of(name));
    CHECK(required_of(name) == properties_of(name));
  };
  same("InboxPage", [](auto& to) { append_page(to, actors::inbox_page{}, "reader", 0); });
  same("InboxPage", [](auto& to) { append_page(to, actors::message_list{}, "reader", 0); });
  same("AgentList", [](auto& to) { append_roster(to, {}); });
  same("PresenceList", [](auto& to) { append_presence(to, {}); });
  same("ProjectList", [](auto& to) { append_projects(to, {}, {}); });
  same("ThreadList", [](auto& to) { append_threads(to, {}, 0); });
  same("Thread", [](auto& to) { append_thread(to, {}, {}); });
  same("StaleAcks", [](auto& to) { append_stale_acks(to, {}, {}); });
  same("ReservationList", [](auto& to) { append_reservations(to, {}); });
  same("Conflicts", [](auto& to) { append_conflicts(to, {}); });
}

TEST_CASE("replies whose members differ have those of their schema at most", "[openapi]") {
  using namespace transport::wire;
  std::string text;
  append_sent(text, {"m", 7, {}, {}, {}, {}, false});
  CHECK(members_of_text(text) == required_of("Sent"));
  text.clear();
  append_sent(text, {"m", 7, {"a", "b"}, {"c"}, {"b"}, {"a"}, false});
  CHECK(members_of_text(text) == properties_of("Sent"));

  text.clear();
  append_broadcast(text, {"m", 7, 1, {}});
  CHECK(members_of_text(text) == required_of("Broadcasted"));
  text.clear();
  append_broadcast(text, {"m", 7, 1, {"b"}});
  CHECK(members_of_text(text) == properties_of("Broadcasted"));
}

TEST_CASE("events have the members and types of their schema", "[openapi]") {
  names types;
  names any;
  names all = properties_of("Event");
  for (auto kind = 1; kind <= static_cast<int>(domain::last_event_kind); ++kind)
    for (const bool extended : {false, true}) {
      domain::event what;
      what.at = 7;
      what.kind = static_cast<domain::event_kind>(kind);
      const auto event = YAML::Load(transport::ws::render_event(what, "reader", extended));
      types.insert(event["type"].as<std::string>());
      const auto now = keys_of(event);
      any.insert(now.begin(), now.end());
      std::erase_if(all, [&](const std::string& one) { return !now.contains(one); });
    }
  CHECK(properties_of("Event") == any);
  CHECK(required_of("Event") == all);
  CHECK(values_of(schema("Event")["properties"]["type"]["enum"]) == types);
}

TEST_CASE("problems have the members and codes of their schema", "[openapi]") {
  const auto found = rendered_problems();
  CHECK(properties_of("Problem") == found.any);
  CHECK(required_of("Problem") == found.all);
  CHECK(values_of(schema("ProblemCode")["enum"]) == error_codes());
}

TEST_CASE("every code of the error list is described", "[openapi]") {
  const auto list = api / "errors.json";
  REQUIRE(std::filesystem::exists(list));
  names codes;
  walk(YAML::LoadFile(list.string()), [&](const YAML::Node& at) {
    if (at.IsMap() && at["code"])
      codes.insert(at["code"].as<std::string>());
  });
  CHECK(values_of(schema("ProblemCode")["enum"]) == codes);
}
