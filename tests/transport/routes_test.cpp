#include "stage.hpp"
#include "transport/http/routes.hpp"

using namespace intermute;
using namespace intermute::tests;
using base::errc;
namespace http = transport::http;

namespace {

struct path_case {
  http::verb method;
  std::string path;
  std::string id;
  std::string first;
  std::string second;
};

struct refused_path {
  http::verb method;
  std::string path;
  errc code;
  std::string allow;
};

struct body_case {
  std::string line;
  std::string body;
  std::string outcome;
};

} // namespace

TEST_CASE("paths of two parameters and those beside them find their route", "[routes]") {
  using enum http::verb;
  const auto one = GENERATE(values<path_case>({
    {get, "/api/agents/presence", "listPresence", "", ""},
    {get, "/api/agents/presence/", "getAgent", "presence", ""},
    {patch, "/api/agents/x/metadata/", "patchMetadata", "x", ""},
    {get, "/api/agents/x/policy", "getPolicy", "x", ""},
    {head, "/api/agents/x/policy", "getPolicy", "x", ""},
    {post, "/api/agents/x/policy", "setPolicy", "x", ""},
    {put, "/api/agents/x/policy", "replacePolicy", "x", ""},
    {get, "/api/agents/x/contacts", "listContacts", "x", ""},
    {get, "/api/agents/x/contacts/", "listContacts", "x", ""},
    {put, "/api/agents/x/contacts/y", "addContact", "x", "y"},
    {put, "/api/agents/x/contacts/y/", "addContact", "x", "y"},
    {del, "/api/agents/a%2Fb/contacts/c%2Fd", "removeContact", "a/b", "c/d"},
    {put, "/api/agents/x/contacts/contacts", "addContact", "x", "contacts"},
    {put, "/api/agents/contacts/contacts/y", "addContact", "contacts", "y"},
    {post, "/api/agents/x/retire", "retireAgent", "x", ""},
    {post, "/api/agents/x/unretire/", "unretireAgent", "x", ""},
    {get, "/api/projects", "listProjects", "", ""},
    {get, "/api/messages/m", "getMessage", "m", ""},
    {get, "/api/inbox/bob/stale-acks", "listStaleAcks", "bob", ""},
    {get, "/api/inbox/a/b/stale-acks", "listStaleAcks", "a/b", ""},
    {get, "/api/inbox/bob/stale-acks/", "readInbox", "bob/stale-acks", ""},
    {get, "/api/threads", "listThreads", "", ""},
    {get, "/api/threads/", "readThread", "", ""},
    {get, "/api/threads/a/b/", "readThread", "a/b", ""},
    {get, "/api/topics/", "readTopic", "", ""},
    {get, "/api/topics/p", "readTopic", "p", ""},
    {get, "/api/topics/p/", "readTopic", "p", ""},
    {get, "/api/topics/p/t", "readTopic", "p", "t"},
    {get, "/api/topics/a%2Fb/t/u/", "readTopic", "a/b", "t/u"},
    {post, "/api/broadcast", "broadcast", "", ""},
    {post, "/api/reservations", "createReservation", "", ""},
    {get, "/api/reservations", "listReservations", "", ""},
    {get, "/api/reservations/check", "checkReservations", "", ""},
    {head, "/api/reservations/check", "checkReservations", "", ""},
    {del, "/api/reservations/r", "releaseReservation", "r", ""},
    {del, "/api/reservations/r/", "releaseReservation", "r", ""},
    {del, "/api/reservations/", "releaseReservation", "", ""},
  }));
  CAPTURE(one.path);
  const auto found = http::find_route(one.method, one.path);
  REQUIRE(found.row != nullptr);
  CHECK(found.row->id == one.id);
  CHECK(found.parameter == one.first);
  CHECK(found.second == one.second);
  CHECK(&http::routes()[found.index] == found.row);
}

TEST_CASE("a path without that method names the methods that it has", "[routes]") {
  using enum http::verb;
  const auto one = GENERATE(values<refused_path>({
    {del, "/api/agents", errc::method_not_allowed, "POST, GET, HEAD"},
    {del, "/api/agents/x", errc::method_not_allowed, "GET, HEAD"},
    {post, "/api/agents/presence", errc::method_not_allowed, "GET, HEAD"},
    {get, "/api/agents/x/metadata", errc::method_not_allowed, "PATCH"},
    {del, "/api/agents/x/policy", errc::method_not_allowed, "GET, HEAD, POST, PUT"},
    {post, "/api/agents/x/contacts", errc::method_not_allowed, "GET, HEAD"},
    {get, "/api/agents/x/contacts/y", errc::method_not_allowed, "PUT, DELETE"},
    {get, "/api/agents/x/retire", errc::method_not_allowed, "POST"},
    {del, "/api/messages/m", errc::method_not_allowed, "GET, HEAD"},
    {post, "/api/inbox/bob/stale-acks", errc::method_not_allowed, "GET, HEAD"},
    {post, "/api/threads", errc::method_not_allowed, "GET, HEAD"},
    {put, "/api/topics/p/t", errc::method_not_allowed, "GET, HEAD"},
    {get, "/api/broadcast", errc::method_not_allowed, "POST"},
    {put, "/api/reservations", errc::method_not_allowed, "POST, GET, HEAD"},
    {del, "/api/reservations/check", errc::method_not_allowed, "GET, HEAD"},
    {get, "/api/reservations/check/", errc::method_not_allowed, "DELETE"},
    {get, "/api/reservations/r", errc::method_not_allowed, "DELETE"},
    // The reference knows no such paths.
    {post, "/api/messages/m", errc::route_not_found, ""},
    {get, "/api/agents/x/zap", errc::route_not_found, ""},
    {put, "/api/agents/x/contacts/y/z", errc::route_not_found, ""},
    {post, "/api/broadcast/", errc::route_not_found, ""},
    {get, "/api/projects/", errc::route_not_found, ""},
  }));
  CAPTURE(one.path);
  const auto found = http::find_route(one.method, one.path);
  CHECK(found.row == nullptr);
  CHECK(found.failure == one.code);
  CHECK(found.allow == one.allow);
}

TEST_CASE("only health is open and only metrics are for operators", "[routes]") {
  for (const auto& row : http::routes()) {
    CAPTURE(row.id);
    CHECK((row.needs == http::access::open) == (row.id == "getHealth"));
    CHECK((row.needs == http::access::operators) == (row.id == "getMetrics"));
  }
  CHECK(http::find_route(http::verb::get, "/api/topics").location == "/api/topics/");
}

TEST_CASE_METHOD(stage, "bodies that a route cannot use are refused, and with what code",
                 "[routes]") {
  start();
  const std::string broadcast = R"({"from":"a","topic":"t","body":"b","project":"p"})";
  for (const auto* line :
       {"POST /api/agents", "POST /api/messages", "POST /api/agents/x/heartbeat",
        "PATCH /api/agents/x/metadata", "POST /api/agents/x/policy", "PUT /api/agents/x/policy",
        "POST /api/broadcast", "POST /api/reservations"})
    for (const auto* body : {"{", "[]", "\"x\"", "17", "{\"a\":1,}"}) {
      CAPTURE(line, body);
      CHECK(outcome(request_text(line, body)) == "400 invalid_json");
    }
  const std::vector<body_case> cases{
    {"POST /api/agents", "", "400 invalid_json"},
    {"POST /api/agents", "{}", "asked"},
    {"POST /api/agents", R"({"session_id":"unknown"})", "400 invalid_session_id"},
    {"POST /api/agents", R"({"session_id":"  "})", "asked"},
    {"POST /api/agents/x/heartbeat", "", "asked"},
    {"POST /api/agents/x/heartbeat", R"({"focus_state":"x"})", "400 invalid_focus_state"},
    {"PATCH /api/agents/x/metadata", "", "400 invalid_json"},
    {"PATCH /api/agents/x/metadata", "{}", "400 metadata_required"},
    {"PATCH /api/agents/x/metadata", R"({"metadata":{}})", "400 metadata_required"},
    {"PATCH /api/agents/x/metadata", R"({"metadata":null})", "400 metadata_required"},
    {"PATCH /api/agents/x/metadata", R"({"metadata":{"k":1}})", "400 invalid_json"},
    {"PATCH /api/agents/x/metadata", R"({"metadata":{"k":null}})", "asked"},
    {"POST /api/agents/x/policy", "{}", "400 policy_required"},
    {"POST /api/agents/x/policy", R"({"policy":" ","live_contact_policy":""})",
     "400 policy_required"},
    {"PUT /api/agents/x/policy", R"({"policy":"closed"})", "400 invalid_policy"},
    {"PUT /api/agents/x/policy", R"({"policy":"Open"})", "400 invalid_policy"},
    {"PUT /api/agents/x/policy", R"({"policy":"open","live_contact_policy":"x"})",
     "400 invalid_policy"},
    {"PUT /api/agents/x/policy", R"({"policy":"","live_contact_policy":"open"})", "asked"},
    {"PUT /api/agents/x/contacts/y", "not json", "asked"},
    {"POST /api/agents/x/retire", "not json", "asked"},
    {"POST /api/messages", R"({"to":["b"]})", "400 missing_field"},
    {"POST /api/messages", R"({"from":"a","to":[]})", "400 missing_field"},
    {"POST /api/messages", R"({"from":" \t","to":["b"],"transport":"x"})", "400 missing_field"},
    {"POST /api/messages", R"({"from":"a","to":["b"],"transport":"x"})", "400 invalid_transport"},
    {"POST /api/messages", R"({"from":"a","to":["b"],"transport":"both"})", "asked"},
    {"POST /api/messages/m/read", "not json", "asked"},
    {"POST /api/broadcast", R"({"from":" ","topic":"t","body":"b","project":"p"})",
     "400 missing_field"},
    {"POST /api/broadcast", R"({"from":"a","topic":"","body":"b","project":"p"})",
     "400 missing_field"},
    {"POST /api/broadcast", R"({"from":"a","topic":"t","body":"\n","project":"p"})",
     "400 missing_field"},
    {"POST /api/broadcast", R"({"from":"a","topic":"t","body":"b"})", "400 project_required"},
    {"POST /api/broadcast", R"({"from":"a","topic":"t","body":"b","project":" "})",
     "400 project_required"},
    {"POST /api/broadcast", broadcast, "asked"},
    {"POST /api/reservations", R"({"path_pattern":"x"})", "400 missing_field"},
    {"POST /api/reservations", R"({"agent_id":"a"})", "400 missing_field"},
    {"POST /api/reservations", R"({"agent_id":"a","path_pattern":" "})", "asked"},
    {"GET /api/inbox/", "", "400 missing_field"},
    {"GET /api/threads", "", "400 missing_field"},
    {"GET /api/threads?agent=+", "", "400 missing_field"},
    {"GET /api/threads/", "", "400 missing_field"},
    {"GET /api/topics/", "", "400 project_required"},
    {"GET /api/topics/p", "", "400 missing_field"},
    {"GET /api/projects?cursor=%20", "", "400 invalid_cursor"},
    {"GET /api/reservations", "", "400 project_required"},
    {"GET /api/reservations?agent=", "", "400 project_required"},
    {"GET /api/reservations?agent=a", "", "asked"},
    {"GET /api/reservations/check?pattern=x", "", "400 project_required"},
    {"GET /api/reservations/check?project=p", "", "400 missing_field"},
    {"DELETE /api/reservations/", "", "400 missing_field"},
    {"DELETE /api/reservations/r", "", "asked"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.line, one.body);
    CHECK(outcome(request_text(one.line, one.body)) == one.outcome);
  }
}

TEST_CASE_METHOD(stage, "minutes to live are a whole number of 31 bits", "[routes]") {
  start();
  const auto ttl = [&](const std::string& text) {
    return outcome(
      request_text("POST /api/reservations",
                   R"({"agent_id":"a","path_pattern":"x","ttl_minutes":)" + text + "}"));
  };
  for (const auto* good : {"5", "0", "-1", "null", "2147483647", "-2147483648"}) {
    CAPTURE(good);
    CHECK(ttl(good) == "asked");
  }
  for (const auto* bad : {"\"5\"", "1.5", "1.0", "1e2", "true", "[5]", "{}", "2147483648",
                          "-2147483649", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK(ttl(bad) == "400 invalid_ttl");
  }
}

TEST_CASE_METHOD(stage, "registrations and changes of agents reach the actors whole", "[routes]") {
  start();
  const auto made = hear<actors::register_agent>(request_text(
    "POST /api/agents",
    R"({"name":" n ","project":" p ","session_id":" 0f8fad5b-d9cb-469f-a165-70867728950e",)"
    R"("capabilities":["c"],"metadata":{"k":"v"},"status":"s"})"));
  CHECK(made.request.name == " n ");
  CHECK(made.request.project == "p");
  CHECK(made.request.session_id == "0f8fad5b-d9cb-469f-a165-70867728950e");
  CHECK(made.request.capabilities == std::vector<std::string>{"c"});
  CHECK(made.request.status == "s");

  const auto beat = hear<actors::heartbeat>(
    request_text("POST /api/agents/x/heartbeat", R"({"focus_state":"tool-use"})"));
  CHECK(beat.request.agent_id == "x");
  CHECK(beat.request.focus == domain::focus::tool_use);

  const auto set = hear<actors::set_policy>(
    request_text("POST /api/agents/x/policy", R"({"live_contact_policy":"block_all"})"));
  CHECK(set.request.agent_id == "x");
  CHECK_FALSE(set.request.policy.has_value());
  CHECK(set.request.live_policy == domain::contact_policy::block_all);

  const auto added
    = hear<actors::set_contact>(request_text("PUT /api/agents/x/contacts/with%20space"));
  CHECK(added.request.agent_id == "x");
  CHECK(added.request.contact == "with space");
  CHECK(added.request.present);
  CHECK_FALSE(
    hear<actors::set_contact>(request_text("DELETE /api/agents/x/contacts/y")).request.present);
}

TEST_CASE_METHOD(stage, "what is asked of the roster reaches the actors", "[routes]") {
  start();
  const auto roster = [&](const std::string& query) {
    return hear<actors::list_agents>(request_text("GET /api/agents?" + query)).request;
  };
  CHECK_FALSE(roster("").retired);
  CHECK(roster("retired=true").retired);
  CHECK_FALSE(roster("retired=1").retired);
  CHECK(roster("capability=a,+b").capabilities == std::vector<std::string>{"a", "b"});
  CHECK(roster("active_within_seconds=60").active_within == std::chrono::seconds{60});
  CHECK(roster("active_within_seconds=0").active_within == std::chrono::seconds{0});
  for (const auto* bad : {"", "-1", "x", "1.5", "99999999999999999999"})
    CHECK_FALSE(roster("active_within_seconds=" + std::string{bad}).active_within.has_value());

  const auto presence = hear<actors::list_agents>(
    request_text("GET /api/agents/presence?repo=+r+&active_bead_id=b&project=+p"));
  CHECK(presence.request.project == "p");
  CHECK(
    presence.request.metadata
    == std::vector<std::pair<std::string, std::string>>{{"repo", "r"}, {"active_bead_id", "b"}});
  CHECK(hear<actors::list_agents>(request_text("GET /api/agents/presence?repo=+"))
          .request.metadata.empty());
}

TEST_CASE_METHOD(stage, "messages and marks reach the actors whole", "[routes]") {
  start();
  const auto sent = hear<actors::broadcast>(
    request_text("POST /api/broadcast",
                 R"({"from":" a ","topic":" T ","body":" b ","project":" p ","subject":"s"})"));
  CHECK(sent.request.from == " a ");
  CHECK(sent.request.topic == " T ");
  CHECK(sent.request.body == " b ");
  CHECK(sent.request.project == "p");
  CHECK(sent.request.subject == "s");
  CHECK(sent.request.rate_key == " a ");

  const auto marked = hear<actors::mark_message>(
    request_text("POST /api/messages/a%2Fb/ack?project=+p&agent=bob", "{"));
  CHECK(marked.request.message_id == "a/b");
  CHECK(marked.request.project == "p");
  CHECK(marked.request.agent == "bob");
  CHECK(marked.request.mark == domain::mark_kind::ack);
  const auto by_body = hear<actors::mark_message>(
    request_text("POST /api/messages/m/read?agent=bob", R"({"agent":"carol"})"));
  CHECK(by_body.request.agent == "carol");
  CHECK(by_body.request.mark == domain::mark_kind::read);
  CHECK(
    hear<actors::mark_message>(request_text("POST /api/messages/m/read", {}, "X-Agent-ID: dan\r\n"))
      .request.agent.empty()); // An assertion is not enough.
}

TEST_CASE_METHOD(stage, "pages are asked for with cursors and limits", "[routes]") {
  start();
  const auto stale = [&](const std::string& query) {
    return hear<actors::list_stale_acks>(request_text("GET /api/inbox/bob/stale-acks?" + query))
      .request;
  };
  CHECK(stale("").ttl == std::chrono::seconds{1'800});
  CHECK(stale("").limit == 20);
  CHECK(stale("ttl_seconds=0&limit=7").ttl == std::chrono::seconds{0});
  CHECK(stale("ttl_seconds=-1&limit=0").ttl == std::chrono::seconds{1'800});
  CHECK(stale("ttl_seconds=5&limit=7").limit == 7);
  CHECK(stale("limit=2000").limit == 1'000);

  const auto threads = [&](const std::string& query) {
    return hear<actors::list_threads>(request_text("GET /api/threads?agent=+bob+&" + query))
      .request;
  };
  CHECK(threads("").agent == "bob");
  CHECK(threads("").limit == 50);
  CHECK(threads("limit=5000").limit == 5'000);
  CHECK(threads("limit=-1").limit == 50);
  CHECK(threads("cursor=9").below == 9);
  CHECK(threads("cursor=x").below == 0);

  const auto thread
    = hear<actors::read_thread>(request_text("GET /api/threads/a/b?cursor=4&agent=ann")).request;
  CHECK(thread.thread_id == "a/b");
  CHECK(thread.since == 4);
  CHECK(thread.reader == "ann");

  const auto topic = hear<actors::read_topic>(
    request_text("GET /api/topics/p/+A/b%20?since_cursor=3&limit=5000", {}, "X-Agent-ID: ann\r\n"));
  CHECK(topic.request.project == "p");
  CHECK(topic.request.topic == "+a/b");
  CHECK(topic.request.since == 3);
  CHECK(topic.request.limit == 1'000);
  CHECK(topic.request.reader == "ann");

  const auto message
    = hear<actors::get_message>(request_text("GET /api/messages/m?project=+p&agent=ann"),
                                {1, std::make_shared<const domain::message>()});
  CHECK(message.request.message_id == "m");
  CHECK(message.request.project == "p");
  CHECK(message.request.reader == "ann");
}

TEST_CASE_METHOD(stage, "reservations reach the actors whole", "[routes]") {
  start();
  const auto made = hear<actors::reserve>(request_text(
    "POST /api/reservations", R"({"agent_id":"a","path_pattern":" x ","project":" p ",)"
                              R"("exclusive":true,"reason":"why","ttl_minutes":90})"));
  CHECK(made.request.agent_id == "a");
  CHECK(made.request.path_pattern == " x ");
  CHECK(made.request.project == " p ");
  CHECK(made.request.exclusive);
  CHECK(made.request.reason == "why");
  CHECK(made.request.ttl_minutes == 90);

  const auto list = [&](const std::string& query) {
    return hear<actors::list_reservations>(request_text("GET /api/reservations?" + query)).request;
  };
  CHECK(list("project=+p").project == " p");
  CHECK_FALSE(list("project=p").agent_id.has_value());
  CHECK(list("project=p&agent=a").agent_id == "a");

  const auto check = [&](const std::string& exclusive) {
    return hear<actors::check_reservation>(
             request_text("GET /api/reservations/check?project=p&pattern=src/**" + exclusive))
      .request;
  };
  CHECK(check("").pattern == "src/**");
  CHECK(check("").exclusive);
  CHECK(check("&exclusive=no").exclusive);
  CHECK_FALSE(check("&exclusive=false").exclusive);

  const auto release = [&](const std::string& query, const std::string& headers) {
    return hear<actors::release_reservation>(
             request_text("DELETE /api/reservations/r" + query, {}, headers))
      .request;
  };
  CHECK(release("", "X-Agent-ID: a\r\n").id == "r");
  CHECK(release("", "X-Agent-ID: a\r\n").agent_id == "a");
  CHECK(release("?agent_id=b", "X-Agent-ID: a\r\n").agent_id == "a");
  CHECK(release("?agent_id=b", "").agent_id.empty()); // Only an open server believes the query.
  CHECK(release("", "").agent_id.empty());            // The actor refuses it, once it knows the id.
}

TEST_CASE_METHOD(stage, "a page of projects goes on where the last one ended", "[routes]") {
  start();
  for (const std::string last : {"p", "", "\xC3\xA4 b", "a/b?c"}) {
    CAPTURE(last);
    const auto page
      = hear<actors::list_projects>(request_text("GET /api/projects?limit=1"), {{{last, 3}}, true});
    CHECK(page.request.limit == 1);
    CHECK_FALSE(page.request.after.has_value());
    rapidjson::Document body;
    body.Parse(page.answer.body);
    const std::string next = body["page"]["next"].GetString();
    CHECK_FALSE(next.empty());
    CHECK(next.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
          == std::string::npos);
    CHECK(
      hear<actors::list_projects>(request_text("GET /api/projects?cursor=" + next)).request.after
      == last);
  }
  for (const auto* bad : {"", "p", "cA==", "cP", "c_8", "*", "a"}) {
    CAPTURE(bad);
    CHECK(outcome(request_text("GET /api/projects?cursor=" + std::string{bad}))
          == "400 invalid_cursor");
  }
}
