#include "transport/http/problem.hpp"
#include "transport/http/routes.hpp"
#include "transport/wire/agents.hpp"
#include "transport/wire/messages.hpp"
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

/// The same for every row of the route table; `{x...}` is `{x}` there.
names served_operations() {
  names found;
  for (const auto& row : transport::http::routes()) {
    std::string path{row.path};
    if (const auto dots = path.find("..."); dots != std::string::npos)
      path.erase(dots, 3);
    const bool posts = row.method == transport::http::verb::post;
    found.insert((posts ? "POST " : "GET ") + path + " " + std::string{row.id});
  }
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
    answer.fail({static_cast<base::errc>(i), "detail", "where"});
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
  const auto parameters = description()["components"]["parameters"];
  for (const auto& path : description()["paths"])
    for (const auto& operation : path.second) {
      names in_path;
      for (const auto& one : operation.second["parameters"]) {
        const auto ref = one["$ref"];
        const auto row
          = ref ? parameters[ref.as<std::string>().substr(sizeof("#/components/parameters"))] : one;
        if (row["in"].as<std::string>() == "path")
          in_path.insert("{" + row["name"].as<std::string>() + "}");
      }
      const auto text = path.first.as<std::string>();
      INFO(text);
      names wanted;
      if (const auto open = text.find('{'); open != std::string::npos)
        wanted.insert(text.substr(open, text.find('}') + 1 - open));
      CHECK(in_path == wanted);
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
}

TEST_CASE("replies written by hand have the members of their schema", "[openapi]") {
  std::string text;
  transport::wire::append_sent(text, {"m", 7, {}, {}, false});
  CHECK(members_of_text(text) == required_of("Sent"));
  text.clear();
  transport::wire::append_sent(text, {"m", 7, {"a", "b"}, {"b"}, false});
  CHECK(members_of_text(text) == properties_of("Sent"));

  text.clear();
  transport::wire::append_page(text, {}, "reader", 0);
  CHECK(members_of_text(text) == properties_of("InboxPage"));
  CHECK(required_of("InboxPage") == properties_of("InboxPage"));

  text.clear();
  transport::wire::append_roster(text, {});
  CHECK(members_of_text(text) == properties_of("AgentList"));
  CHECK(required_of("AgentList") == properties_of("AgentList"));
}

TEST_CASE("events have the members and types of their schema", "[openapi]") {
  names types;
  names any;
  names all = properties_of("Event");
  for (const auto kind : {domain::event_kind::message_created, domain::event_kind::message_read,
                          domain::event_kind::message_ack})
    for (const bool extended : {false, true}) {
      domain::event what;
      what.at = 7;
      what.kind = kind;
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
