#include "stage.hpp"

using namespace intermute;
using namespace intermute::tests;

namespace {

const std::string key_p = "Authorization: Bearer key-p\r\n";
const std::string key_op = "Authorization: Bearer key-op\r\n";

/// A request in which `$` stands for a project.
struct route_case {
  std::string line;
  std::string body;
  std::string blank; ///< What a caller with the key gets that leaves the project blank.
};

const std::vector<route_case> named{
  {"POST /api/agents", R"({"project":"$"})", "400 project_required"},
  {"GET /api/agents?project=$", "", "p"},
  {"GET /api/agents/presence?project=$", "", "p"},
  {"POST /api/messages", R"({"from":"a","to":["b"],"project":"$"})", "400 project_required"},
  {"GET /api/messages/m?project=$", "", "p"},
  {"POST /api/messages/m/read?project=$", "", "p"},
  {"POST /api/messages/m/ack?project=$", "", "p"},
  {"GET /api/inbox/b?project=$", "", "p"},
  {"GET /api/inbox/b/counts?project=$", "", "p"},
  {"GET /api/inbox/b/stale-acks?project=$", "", "p"},
  {"GET /api/threads?agent=b&project=$", "", "p"},
  {"GET /api/threads/t?project=$", "", "p"},
  {"POST /api/broadcast", R"({"from":"a","topic":"t","body":"b","project":"$"})",
   "400 project_required"},
  {"POST /api/reservations", R"({"agent_id":"a","path_pattern":"x","project":"$"})", "p"},
  {"GET /api/reservations?project=$", "", "p within p"},
  {"GET /api/reservations?agent=a&project=$", "", "p within p"},
  {"GET /api/reservations/check?pattern=x&project=$", "", "400 project_required"},
};

/// Requests whose project is cut of blanks before it is compared.
bool is_trimmed(const std::string& line) {
  for (const auto* const untrimmed : {"POST /api/agents", "GET /api/agents?", "POST /api/messages",
                                      "POST /api/reservations", "GET /api/reservations"})
    if (line == untrimmed || (line.starts_with(untrimmed) && line.starts_with("GET")))
      return false;
  return true;
}

std::string with_project(std::string text, const std::string& project) {
  const auto at = text.find('$');
  return at == std::string::npos ? text : text.replace(at, 1, project);
}

std::string query_form(std::string project) {
  std::ranges::replace(project, ' ', '+');
  return project;
}

/// The project that an op asks for, and what it is confined to.
std::string project_of(actors::op& what) {
  std::optional<std::string> project;
  actors::confinement within;
  actors::match(
    what, [&](actors::op_of<actors::register_agent>& one) { project = one.request.project; },
    [&](actors::op_of<actors::list_agents>& one) { project = one.request.project; },
    [&](actors::op_of<actors::send_message>& one) { project = one.request.project; },
    [&](actors::op_of<actors::get_message>& one) { project = one.request.project; },
    [&](actors::op_of<actors::mark_message>& one) { project = one.request.project; },
    [&](actors::op_of<actors::read_inbox>& one) { project = one.request.query.project; },
    [&](actors::op_of<actors::count_inbox>& one) { project = one.request.project; },
    [&](actors::op_of<actors::list_stale_acks>& one) { project = one.request.project; },
    [&](actors::op_of<actors::list_threads>& one) { project = one.request.project; },
    [&](actors::op_of<actors::read_thread>& one) { project = one.request.project; },
    [&](actors::op_of<actors::read_topic>& one) { project = one.request.project; },
    [&](actors::op_of<actors::broadcast>& one) { project = one.request.project; },
    [&](actors::op_of<actors::reserve>& one) { project = one.request.project; },
    [&](actors::op_of<actors::list_reservations>& one) {
      project = one.request.project;
      within = one.request.within;
    },
    [&](actors::op_of<actors::check_reservation>& one) { project = one.request.project; });
  return project.value_or("all") + (within ? " within " + *within : "");
}

/// What an op that finds something by its id is confined to.
std::string confinement_of(actors::op& what) {
  actors::confinement within;
  actors::match(
    what, [&](actors::op_of<actors::register_agent>& one) { within = one.request.within; },
    [&](actors::op_of<actors::get_agent>& one) { within = one.request.within; },
    [&](actors::op_of<actors::heartbeat>& one) { within = one.request.within; },
    [&](actors::op_of<actors::patch_metadata>& one) { within = one.request.within; },
    [&](actors::op_of<actors::get_policy>& one) { within = one.request.within; },
    [&](actors::op_of<actors::set_policy>& one) { within = one.request.within; },
    [&](actors::op_of<actors::list_contacts>& one) { within = one.request.within; },
    [&](actors::op_of<actors::set_contact>& one) { within = one.request.within; },
    [&](actors::op_of<actors::retire_agent>& one) { within = one.request.within; },
    [&](actors::op_of<actors::list_projects>& one) { within = one.request.within; },
    [&](actors::op_of<actors::release_reservation>& one) { within = one.request.within; });
  return within.value_or("nothing");
}

/// The outcome of a request; where it is asked, what `of` says of its op.
std::string asked_for(stage& on, const std::string& text, std::string (*of)(actors::op&)) {
  std::optional<std::string> found;
  const auto answer = on.play_out(text, [&](actors::op& what) {
    found = of(what);
    what.fail({base::errc::internal, {}, {}});
  });
  if (found)
    return *found;
  return std::to_string(answer.status) + " " + stage::member_of(answer, "code");
}

/// A write, made as the agent that `$` stands for.
struct acting_case {
  std::string line;
  std::string body;
  bool is_owned = false;      ///< Changes what is that agent's own.
  bool operators_may = false; ///< Of this machine, without a token where one is required.
};

const std::vector<acting_case> writes{
  {"POST /api/messages", R"({"from":"$","to":["b"],"project":"p"})"},
  {"POST /api/broadcast", R"({"from":"$","topic":"t","body":"b","project":"p"})"},
  {"POST /api/messages/m/read?project=p", R"({"agent":"$"})"},
  {"POST /api/messages/m/ack?project=p", R"({"agent":"$"})"},
  {"POST /api/messages/m/read?project=p&agent=$", ""},
  {"POST /api/reservations", R"({"agent_id":"$","path_pattern":"x","project":"p"})"},
  {"DELETE /api/reservations/r?agent_id=$", ""},
  {"POST /api/agents/$/heartbeat", ""},
  {"PATCH /api/agents/$/metadata", R"({"metadata":{"k":"v"}})"},
  {"POST /api/agents/$/policy", R"({"policy":"open"})", true},
  {"PUT /api/agents/$/policy", R"({"policy":"open"})", true},
  {"PUT /api/agents/$/contacts/c", "", true},
  {"DELETE /api/agents/$/contacts/c", "", true},
  {"POST /api/agents/$/retire", "", true, true},
  {"POST /api/agents/$/unretire", "", true, true},
};

std::string text_of(const acting_case& one, const std::string& agent, const std::string& headers) {
  return request_text(with_project(one.line, agent), with_project(one.body, agent), headers);
}

} // namespace

TEST_CASE_METHOD(stage, "a key opens its project alone", "[confinement]") {
  want_keys();
  start();
  for (const auto& one : named) {
    CAPTURE(one.line);
    const bool in_query = one.body.empty();
    const auto ask = [&](const std::string& project, const std::string& headers) {
      const auto text = in_query ? query_form(project) : project;
      return asked_for(
        *this, request_text(with_project(one.line, text), with_project(one.body, text), headers),
        project_of);
    };
    const bool confines_list = one.blank.ends_with("within p");
    const std::string own = confines_list ? "p within p" : "p";
    CHECK(ask("p", key_p) == own);
    CHECK(ask("q", key_p) == "403 project_mismatch");
    CHECK(ask("P", key_p) == "403 project_mismatch");
    CHECK(ask("", key_p) == one.blank);
    CHECK(ask(" p ", key_p) == (is_trimmed(one.line) ? own : "403 project_mismatch"));
    // An operator's key opens all of them.
    CHECK(ask("q", key_op) == "q");
  }
}

TEST_CASE_METHOD(stage, "the project of a topic stands in its path", "[confinement]") {
  want_keys();
  start();
  const auto ask = [&](const std::string& path) {
    return asked_for(*this, request_text("GET " + path, {}, key_p), project_of);
  };
  CHECK(ask("/api/topics/p/t") == "p");
  CHECK(ask("/api/topics/q/t") == "403 project_mismatch");
  CHECK(ask("/api/topics/%20p/t") == "403 project_mismatch");
}

TEST_CASE_METHOD(stage, "without a key the project is what is named", "[confinement]") {
  start();
  const std::set<std::string> spans_all{"GET /api/agents?project=$",
                                        "GET /api/agents/presence?project=$",
                                        "GET /api/inbox/b?project=$"};
  for (const auto& one : named) {
    CAPTURE(one.line);
    const auto ask = [&](const std::string& project) {
      const auto text = one.body.empty() ? query_form(project) : project;
      return asked_for(*this,
                       request_text(with_project(one.line, text), with_project(one.body, text)),
                       project_of);
    };
    CHECK(ask("q") == "q");
    const bool is_needed = one.line.starts_with("GET /api/reservations?project")
                           || one.line.starts_with("GET /api/reservations/check")
                           || one.line == "POST /api/broadcast";
    if (!is_needed)
      CHECK(ask("") == (spans_all.contains(one.line) ? "all" : ""));
    // Registrations and messages are stored trimmed, but compared as they are.
    const bool kept
      = !is_trimmed(one.line) && one.line != "POST /api/agents" && one.line != "POST /api/messages";
    CHECK(ask(" q ") == (kept ? " q " : "q"));
  }
}

TEST_CASE_METHOD(stage, "what is found by its id is looked for in the key's project alone",
                 "[confinement]") {
  want_keys();
  start();
  for (const auto& [line, body] : std::vector<std::pair<std::string, std::string>>{
         {"POST /api/agents", R"({"project":"p"})"},
         {"GET /api/agents/x", ""},
         {"POST /api/agents/x/heartbeat", ""},
         {"PATCH /api/agents/x/metadata", R"({"metadata":{"k":"v"}})"},
         {"GET /api/agents/x/policy", ""},
         {"PUT /api/agents/x/policy", R"({"policy":"open"})"},
         {"GET /api/agents/x/contacts", ""},
         {"PUT /api/agents/x/contacts/y", ""},
         {"DELETE /api/agents/x/contacts/y", ""},
         {"POST /api/agents/x/retire", ""},
         {"POST /api/agents/x/unretire", ""},
         {"GET /api/projects", ""},
         {"DELETE /api/reservations/r", ""}}) {
    CAPTURE(line);
    CHECK(asked_for(*this, request_text(line, body, key_p), confinement_of) == "p");
    CHECK(asked_for(*this, request_text(line, body, key_op), confinement_of) == "nothing");
  }
}

TEST_CASE_METHOD(stage, "with a key the body is judged first, then its fields, then the project",
                 "[confinement]") {
  want_keys();
  start();
  const auto ask = [&](const std::string& line, const std::string& body) {
    return outcome(request_text(line, body, key_p));
  };
  CHECK(ask("POST /api/messages", R"({"project":"q","from":5})") == "400 invalid_json");
  CHECK(ask("POST /api/messages", R"({"project":"q","to":["b"]})") == "400 missing_field");
  CHECK(ask("POST /api/messages", R"({"project":"q","from":"a","to":["b"],"transport":"x"})")
        == "403 project_mismatch");
  CHECK(ask("POST /api/agents", R"({"project":"q","session_id":"x"})") == "400 invalid_session_id");
  CHECK(ask("POST /api/reservations", R"({"project":"q","agent_id":"a"})") == "400 missing_field");
  CHECK(ask("POST /api/broadcast", R"({"project":"q","from":"a"})") == "400 missing_field");
}

TEST_CASE_METHOD(stage, "what a token proves is whom a write may be made as", "[acting]") {
  front.put_agent("ada", "p", "token-a");
  start();
  for (const auto& one : writes) {
    CAPTURE(one.line);
    const std::string token = "X-Agent-Token: token-a\r\n";
    CHECK(outcome(text_of(one, "ada", token)) == "asked");
    CHECK(outcome(text_of(one, "ada", token + "X-Agent-ID: ada\r\n")) == "asked");
    CHECK(outcome(text_of(one, "bob", token)) == "403 agent_identity_mismatch");
    // Without a token a name is an assertion, but for what is another's own.
    const auto by_name = outcome(text_of(one, "bob", "X-Agent-ID: ada\r\n"));
    CHECK(by_name == (one.is_owned ? "403 operator_required" : "asked"));
    CHECK(outcome(text_of(one, "ada", "X-Agent-ID: ada\r\n")) == "asked");
    CHECK(outcome(text_of(one, "bob", "")) == "asked");
  }
  CHECK(outcome(request_text("POST /api/agents", "{}", "X-Agent-Token: token-a\r\n")) == "asked");
}

TEST_CASE_METHOD(stage, "a mark and a release need no name where the token says it", "[acting]") {
  front.put_agent("ada", "p", "token-a");
  start();
  const std::string token = "X-Agent-Token: token-a\r\n";
  CHECK(
    hear<actors::mark_message>(request_text("POST /api/messages/m/read", {}, token)).request.agent
    == "ada");
  CHECK(hear<actors::release_reservation>(request_text("DELETE /api/reservations/r", {}, token))
          .request.agent_id
        == "ada");
}

TEST_CASE_METHOD(stage, "the rate of a broadcast is counted for who is proven", "[acting]") {
  front.put_agent("ada", "p", "token-a");
  start();
  const std::string body = R"({"from":"ada","topic":"t","body":"b","project":"p"})";
  CHECK(
    hear<actors::broadcast>(request_text("POST /api/broadcast", body, "X-Agent-Token: token-a\r\n"))
      .request.rate_key
    == "ada");
}

TEST_CASE_METHOD(stage, "a server can want tokens for writes", "[acting]") {
  rules.require_agent_token = true;
  front.put_agent("ada", "p", "token-a");
  start();
  for (const auto& one : writes) {
    CAPTURE(one.line);
    CHECK(outcome(text_of(one, "ada", "X-Agent-Token: token-a\r\n")) == "asked");
    CHECK(outcome(text_of(one, "ada", "X-Agent-ID: ada\r\n")) == "401 agent_token_required");
    CHECK(outcome(text_of(one, "ada", ""))
          == (one.operators_may ? "asked" : "401 agent_token_required"));
  }
  CHECK(outcome(request_text("POST /api/agents", "{}")) == "asked");
  CHECK(outcome(request_text("GET /api/inbox/ada")) == "asked");
}

TEST_CASE_METHOD(stage, "an operator's key needs no token", "[acting]") {
  want_keys();
  rules.require_agent_token = true;
  start();
  for (const auto& one : writes) {
    CAPTURE(one.line);
    CHECK(outcome(text_of(one, "ada", key_op)) == "asked");
    CHECK(outcome(text_of(one, "ada", key_p)) == "401 agent_token_required");
  }
}
