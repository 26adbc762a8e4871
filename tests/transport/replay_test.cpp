#include "stage.hpp"
#include "transport/http/response.hpp"
#include "transport/http/routes.hpp"

using namespace intermute;
using namespace intermute::tests;
using base::errc;
namespace http = transport::http;

namespace {

const std::string key_header = "Idempotency-Key: k1\r\n";
const std::string send_body = R"({"from":"a","to":["b"],"project":"p","body":"x\ny\ud800"})";
const std::string send_text = request_text("POST /api/messages", send_body, key_header);

struct write_case {
  std::string id; ///< Of the route.
  std::string line;
  std::string body;
};

const std::vector<write_case> writes{
  {"registerAgent", "POST /api/agents", "{}"},
  {"heartbeatAgent", "POST /api/agents/x/heartbeat", ""},
  {"patchMetadata", "PATCH /api/agents/x/metadata", R"({"metadata":{"k":"v"}})"},
  {"setPolicy", "POST /api/agents/x/policy", R"({"policy":"open"})"},
  {"replacePolicy", "PUT /api/agents/x/policy", R"({"policy":"open"})"},
  {"addContact", "PUT /api/agents/x/contacts/y", ""},
  {"removeContact", "DELETE /api/agents/x/contacts/y", ""},
  {"retireAgent", "POST /api/agents/x/retire", ""},
  {"unretireAgent", "POST /api/agents/x/unretire", ""},
  {"sendMessage", "POST /api/messages", R"({"from":"a","to":["b"]})"},
  {"ackMessage", "POST /api/messages/m/ack", ""},
  {"readMessage", "POST /api/messages/m/read", ""},
  {"broadcast", "POST /api/broadcast", R"({"from":"a","topic":"t","body":"b","project":"p"})"},
  {"createReservation", "POST /api/reservations", R"({"agent_id":"a","path_pattern":"x"})"},
  {"releaseReservation", "DELETE /api/reservations/r", ""},
};

/// The claim of the op that a request becomes; nothing when it makes none.
std::optional<actors::idempotency> claim_of(stage& on, const std::string& text) {
  std::optional<actors::idempotency> claim;
  on.play_out(text, [&](actors::op& what) {
    if (what.claimed() != nullptr)
      claim = *what.claimed();
    what.fail({errc::internal, {}, {}});
  });
  return claim;
}

/// The answers to a request and to its repeat: they have to be the same but for the mark.
template <class Request>
void check_replay(stage& on, const std::string& text, typename Request::reply reply) {
  CAPTURE(text);
  const auto first = on.hear<Request>(text, reply);
  REQUIRE(first.claim.has_value());
  CHECK(first.answer.status / 100 == 2);
  CHECK_FALSE(first.kept.empty());
  const auto again = on.play_out(text, [&](actors::op& what) { what.replay(first.kept); });
  CHECK(again.status == first.answer.status);
  CHECK(again.body == first.answer.body);
  auto headers = again.headers;
  CHECK(headers.at("idempotent-replay") == "true");
  auto wanted = first.answer.headers;
  wanted["idempotent-replay"] = "true";
  headers.erase("date");
  wanted.erase("date");
  CHECK(headers == wanted);
}

actors::agent_view some_agent() {
  domain::agent one;
  one.id = "x";
  return {std::make_shared<const domain::agent>(std::move(one)), {}};
}

} // namespace

TEST_CASE_METHOD(stage, "every write with an Idempotency-Key claims its reply, no read does",
                 "[replay]") {
  start();
  std::set<std::string> ids;
  std::set<std::string> scopes;
  for (const auto& one : writes) {
    CAPTURE(one.line);
    ids.insert(one.id);
    CHECK_FALSE(claim_of(*this, request_text(one.line, one.body)).has_value());
    const auto claim = claim_of(*this, request_text(one.line, one.body, key_header));
    REQUIRE(claim.has_value());
    CHECK(claim->body == base::sha256(one.body));
    CHECK(scopes.insert(claim->scope).second);
    CHECK(claim_of(*this, request_text(one.line, one.body, key_header))->scope == claim->scope);
    for (const auto& bad : {std::string{}, std::string(256, 'k')})
      CHECK(outcome(request_text(one.line, one.body, "Idempotency-Key: " + bad + "\r\n"))
            == "400 invalid_idempotency_key");
  }
  for (const auto& row : http::routes())
    CHECK((row.method != http::verb::get) == ids.contains(std::string{row.id}));
  CHECK_FALSE(claim_of(*this, request_text("GET /api/inbox/b", {}, key_header)).has_value());
}

TEST_CASE_METHOD(stage, "a claim is made from the request as it was sent", "[replay]") {
  start();
  const auto first = claim_of(*this, send_text);
  REQUIRE(first.has_value());
  // Reading the body changes it in place: escapes shrink, lone surrogates are replaced.
  CHECK(first->body == base::sha256(send_body));
  const auto with
    = [&](const std::string& line, const std::string& body, const std::string& headers) {
        return *claim_of(*this, request_text(line, body, headers));
      };
  const std::string line = "POST /api/messages";
  CHECK(with(line, send_body, key_header + "X-Agent-ID: a\r\n").scope == first->scope);
  CHECK(with(line, send_body, key_header + "X-Agent-ID: b\r\n").scope != first->scope);
  CHECK(with(line, send_body, "Idempotency-Key:   k1  \r\n").scope == first->scope);
  CHECK(with(line, send_body, "Idempotency-Key: k2\r\n").scope != first->scope);
  CHECK(with(line + "?x=1", send_body, key_header).scope != first->scope);
  const auto other = with(line, R"({"from":"a","to":["c"],"project":"p"})", key_header);
  CHECK(other.scope == first->scope);
  CHECK(other.body != first->body);
  CHECK(with(line, R"({"from":"b","to":["c"],"project":"p"})", key_header).scope != first->scope);
  CHECK(with(line, R"({"from":"a","to":["c"],"project":"q"})", key_header).scope != first->scope);
}

TEST_CASE_METHOD(stage, "a claim is of the agent of the token", "[replay]") {
  front.put_agent("ada", "p", "token-a");
  start();
  const auto by_token = claim_of(*this, request_text("POST /api/messages/m/read", {},
                                                     key_header + "X-Agent-Token: token-a\r\n"));
  const auto by_name = claim_of(
    *this, request_text("POST /api/messages/m/read", {}, key_header + "X-Agent-ID: ada\r\n"));
  const auto by_body
    = claim_of(*this, request_text("POST /api/messages/m/read", R"({"agent":"ada"})", key_header));
  REQUIRE((by_token && by_name && by_body));
  CHECK(by_token->scope == by_name->scope);
  CHECK(by_token->scope == by_body->scope);
  CHECK(by_token->scope
        != claim_of(*this, request_text("POST /api/messages/m/read", {}, key_header))->scope);
}

TEST_CASE_METHOD(stage, "every reply comes back from the form in which it is kept", "[replay]") {
  start();
  const auto text = [](const std::string& id) {
    const auto one = std::ranges::find(writes, id, &write_case::id);
    return request_text(one->line, one->body, key_header);
  };
  using enum domain::contact_policy;
  check_replay<actors::register_agent>(*this, text("registerAgent"), {"a", "s", "n\n\"", "tok"});
  check_replay<actors::heartbeat>(*this, text("heartbeatAgent"), {});
  check_replay<actors::patch_metadata>(*this, text("patchMetadata"), some_agent());
  check_replay<actors::set_policy>(*this, text("setPolicy"), {automatic, block_all});
  check_replay<actors::set_policy>(*this, text("replacePolicy"), {automatic, block_all});
  check_replay<actors::set_contact>(*this, text("addContact"), {{"y", "z"}});
  check_replay<actors::set_contact>(*this, text("removeContact"), {});
  check_replay<actors::retire_agent>(*this, text("retireAgent"), {some_agent(), ""});
  check_replay<actors::retire_agent>(*this, text("unretireAgent"), {some_agent(), "tok"});
  check_replay<actors::send_message>(*this, text("sendMessage"),
                                     {"m", 7, {"b"}, {"c"}, {}, {}, false});
  check_replay<actors::send_message>(*this, text("sendMessage"), // A re-post is marked already.
                                     {"m", 7, {"b"}, {}, {}, {}, true});
  check_replay<actors::mark_message>(*this, text("ackMessage"), {3});
  check_replay<actors::mark_message>(*this, text("readMessage"), {3});
  check_replay<actors::broadcast>(*this, text("broadcast"), {"m", 7, 2, {}});
  check_replay<actors::reserve>(*this, text("createReservation"), {{}, true, true, {}});
  check_replay<actors::release_reservation>(*this, text("releaseReservation"), {});
}

TEST_CASE_METHOD(stage, "refusals are not kept", "[replay]") {
  start();
  CHECK(hear<actors::send_message>(send_text, {"", 0, {}, {"b"}, {}, {}, false}).kept.empty());
  CHECK(hear<actors::reserve>(request_text("POST /api/reservations",
                                           R"({"agent_id":"a","path_pattern":"x"})", key_header),
                              {{}, false, false, {{}}})
          .kept.empty());
}

TEST_CASE_METHOD(stage, "what keeps a repeat out is told with its code", "[replay]") {
  start();
  const auto refused = [&](errc code) {
    return play_out(send_text, [&](actors::op& what) { what.fail({code, {}, {}}); });
  };
  const auto running = refused(errc::idempotency_in_progress);
  CHECK(running.status == 409);
  CHECK(member_of(running, "code") == "idempotency_in_progress");
  CHECK(running.headers.at("retry-after") == "1");
  CHECK(refused(errc::idempotency_key_reused).status == 422);
}

TEST_CASE("an answer that was kept is the same, a text that is none is a failure", "[replay]") {
  http::response first;
  first.status = 201;
  first.add_header("X-One", "1");
  first.body = "{\"a\":\"\n\"}\n";
  http::response second;
  auto kept = http::kept_form(first);
  http::restore(second, kept);
  std::ranges::fill(kept, '?');
  CHECK(second.status == 201);
  CHECK(second.content_type == http::json_type); // It does not point into the text.
  CHECK(second.headers == "X-One: 1\r\nIdempotent-Replay: true\r\n");
  CHECK(second.body == first.body);
  CHECK_FALSE(second.failure.has_value());

  http::response empty;
  empty.content_type = {};
  http::response restored;
  http::restore(restored, http::kept_form(empty));
  CHECK(restored.content_type.empty());
  CHECK(restored.body.empty());

  http::response failed;
  failed.fail({errc::internal, {}, {}});
  CHECK(http::kept_form(failed).empty());
  failed = {};
  failed.status = 404;
  CHECK(http::kept_form(failed).empty());

  for (const auto* bad : {"", "x", "200", "404\napplication/json\n0\n{}", "200\ntext/html\n0\n{}",
                          "200\napplication/json\n9\n{}", "200\napplication/json\n"}) {
    CAPTURE(bad);
    http::response into;
    http::restore(into, bad);
    CHECK(into.failure.has_value());
  }
}
