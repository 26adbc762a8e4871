#include "raw_client.hpp"
#include "rig.hpp"
#include "transport/http/routes.hpp"
#include "ws_client.hpp"

#include <rapidjson/document.h>

using namespace intermute;
using namespace intermute::tests;
using transport::http::access;

namespace {

/// Who asks, by the headers that say so, and what each kind of route answers: empty for "let in",
/// else the code of the refusal.
struct caller {
  std::string name;
  std::string headers;
  std::string agent_routes;
  std::string operator_routes;
};

// A proxy of this machine says so: the caller counts as one of another machine.
const std::string remote = "X-Forwarded-For: 203.0.113.10\r\n";
const std::string key_p = "Authorization: Bearer key-p\r\n";
const std::string key_q = "Authorization: Bearer key-q\r\n";
const std::string key_op = "Authorization: Bearer key-op\r\n";
const std::string token_1 = "X-Agent-Token: token-1\r\n";
const std::string wrong_token = "X-Agent-Token: guess\r\n";
const std::string named_1 = "X-Agent-ID: a1\r\n";
const std::string named_2 = "X-Agent-ID: a2\r\n";

const std::string no_key = "unauthorized";
const std::string no_token = "agent_token_unknown";
const std::string no_match = "agent_identity_mismatch";
const std::string no_operator = "operator_required";

const std::vector<caller> callers{
  {"local", "", "", no_operator},
  {"local, names an agent", named_1, "", no_operator},
  {"local, token", token_1, "", no_operator},
  {"local, token and its agent", token_1 + named_1, "", no_operator},
  {"local, token and another agent", token_1 + named_2, no_match, no_match},
  {"local, wrong token", wrong_token, no_token, no_token},
  {"local, key", key_p, "", no_operator},
  {"local, wrong key", "Authorization: Bearer guess\r\n", "", no_operator},
  {"local, operator's key", key_op, "", ""},
  {"local, operator's key, names an agent", key_op + named_1, "", ""},
  {"key", remote + key_p, "", no_operator},
  {"key, names an agent", remote + key_p + named_1, "", no_operator},
  {"key, token of its project", remote + key_p + token_1, "", no_operator},
  {"key, wrong token", remote + key_p + wrong_token, no_token, no_token},
  {"foreign key", remote + key_q, "", no_operator},
  {"foreign key, token", remote + key_q + token_1, no_match, no_match},
  {"operator's key", remote + key_op, "", ""},
  {"operator's key, token", remote + key_op + token_1, "", ""},
  {"wrong key", remote + "Authorization: Bearer guess\r\n", no_key, no_key},
  {"no scheme", remote + "Authorization: key-p\r\n", no_key, no_key},
  {"second key", remote + "Authorization: x\r\n" + key_p, no_key, no_key},
  {"token alone", remote + token_1, no_key, no_key},
  {"name alone", remote + named_1, no_key, no_key},
  {"nothing", remote, no_key, no_key},
  {"second X-Forwarded-For", "X-Forwarded-For: 127.0.0.1\r\n" + remote, "", no_operator},
};

constexpr std::array<const char*, 4> refusals{"unauthorized", "agent_token_unknown",
                                              "agent_identity_mismatch", "operator_required"};

/// The refusal of an answer, if it is one of who may ask.
std::string refusal_of(const raw_answer& answer) {
  if (answer.status < 400)
    return {};
  rapidjson::Document body;
  body.Parse(answer.body);
  if (!body.IsObject() || !body.HasMember("code"))
    return {};
  const std::string code = body["code"].GetString();
  const bool of_access = std::ranges::count(refusals, code) == 1;
  if (of_access)
    CHECK((answer.status == 401 || answer.status == 403));
  else
    CHECK((answer.status != 401 && (answer.status != 403 || code == "project_mismatch")));
  CHECK((answer.status == 401) == (answer.headers.contains("www-authenticate")));
  return of_access ? code : std::string{};
}

std::string_view name_of(transport::http::verb method) {
  using enum transport::http::verb;
  switch (method) {
  case get: return "GET";
  case post: return "POST";
  case put: return "PUT";
  case patch: return "PATCH";
  case del: return "DELETE";
  default: return "HEAD";
  }
}

/// A path of the route, all of whose parameters are `a1`.
std::string path_of(const transport::http::route& row) {
  std::string path{row.path};
  for (auto open = path.find('{'); open != std::string::npos; open = path.find('{'))
    path.replace(open, path.find('}') - open + 1, "a1"); // Ends: each round takes one away.
  return path;
}

/// Where whoever asks acts as `a1`, if the route looks at that.
std::string text_of(const std::string& line, const std::string& headers, bool with_body) {
  const std::string body = R"({"from":"a1","agent":"a1","agent_id":"a1","to":["b"]})";
  return request_text(line, with_body ? body : std::string{}, headers);
}

struct guarded_rig : rig {
  guarded_rig() {
    auto keys = std::make_shared<config::keyring>();
    keys->add("key-p", {"p", false});
    keys->add("key-q", {"q", false});
    keys->add("key-op", {"", true});
    rules.keys = std::move(keys);
    front.put_agent("a1", "p", "token-1");
    front.put_agent("a2", "q", "token-2");
    front.on_submit = [](actors::op& what) {
      what.fail({base::errc::agent_not_found, {}, {}});
      return true;
    };
  }
  raw_answer ask(const std::string& text) { return raw_client{port}.exchange(text); }
};

} // namespace

TEST_CASE_METHOD(guarded_rig, "every route asks every caller who it is", "[auth]") {
  start();
  for (const auto& who : callers) {
    raw_client client{port};
    for (const auto& row : transport::http::routes()) {
      CAPTURE(who.name, row.id);
      const bool with_body = row.method != transport::http::verb::get;
      const auto line = std::string{name_of(row.method)} + ' ' + path_of(row) + "?agent_id=a1";
      const auto answer = client.exchange(text_of(line, who.headers, with_body));
      const auto& expected = row.needs == access::open    ? std::string{}
                             : row.needs == access::agent ? who.agent_routes
                                                          : who.operator_routes;
      CHECK(refusal_of(answer) == expected);
    }
  }
}

TEST_CASE_METHOD(guarded_rig, "what a stranger may know is that the server is there", "[auth]") {
  start();
  CHECK(ask(request_text("GET /health", {}, remote)).status == 200);
  CHECK(ask(request_text("GET /health", {}, wrong_token)).status == 200);
  CHECK(ask(request_text("GET /nope", {}, remote)).status == 404);
  CHECK(ask(request_text("GET /api/inbox", {}, remote)).status == 301);
  CHECK(ask(request_text("GET /api/inbox/%zz", {}, remote)).status == 400);
  CHECK(ask(request_text("POST /health", {}, remote)).status == 405);
  const auto unknown = ask(request_text("OPTIONS /api/agents", {}, remote));
  CHECK(unknown.status == 401); // Before the method is looked at.
  CHECK_FALSE(unknown.headers.contains("allow"));
  const auto known = ask(request_text("OPTIONS /api/agents", {}, remote + key_p));
  CHECK(known.status == 405);
  CHECK(known.headers.contains("allow"));
}

TEST_CASE_METHOD(guarded_rig, "a caller is an operator only until somebody has an operator's key",
                 "[auth]") {
  auto keys = std::make_shared<config::keyring>();
  keys->add("key-p", {"p", false});
  rules.keys = std::move(keys);
  start();
  const auto status = [&](const std::string& headers) {
    return ask(request_text("GET /metrics", {}, headers)).status;
  };
  CHECK(status("") == 200);
  CHECK(status(key_p) == 200);
  CHECK(status(named_1) == 403);
  CHECK(status(token_1) == 403);
  CHECK(status(remote + key_p) == 403);
  CHECK(status(remote) == 401);
  rules.admin_allow_localhost = false;
  server().set_rules(rules);
  CHECK(status("") == 403);
}

TEST_CASE_METHOD(guarded_rig, "other rules are in force from the next request of a connection on",
                 "[auth]") {
  start(2);
  raw_client local{port};
  raw_client remote_one{port};
  const auto poll = request_text("GET /api/version");
  const auto remote_poll = request_text("GET /api/version", {}, remote + key_p + token_1);
  for (int i = 0; i < 3; ++i) {
    CHECK(local.exchange(poll).status == 200);
    CHECK(remote_one.exchange(remote_poll).status == 200);
  }
  auto keys = std::make_shared<config::keyring>();
  keys->allow_localhost = false;
  rules.keys = std::move(keys);
  server().set_rules(rules);
  CHECK(local.exchange(poll).status == 401);
  CHECK(remote_one.exchange(remote_poll).status == 401);
  rules.open = true;
  server().set_rules(rules);
  CHECK(local.exchange(poll).status == 200);
  CHECK(remote_one.exchange(remote_poll).status == 200);
}

TEST_CASE_METHOD(guarded_rig, "a token works the moment the directory knows it", "[auth]") {
  start();
  raw_client client{port};
  for (int i = 0; i < 200; ++i) {
    const auto token = "token of " + std::to_string(i);
    const auto text = request_text("GET /api/version", {}, "X-Agent-Token: " + token + "\r\n");
    CHECK(client.exchange(text).status == 401);
    front.put_agent("a" + std::to_string(100 + i % 7), "p", token);
    CHECK(client.exchange(text).status == 200);
  }
}

TEST_CASE_METHOD(guarded_rig, "the body of a stranger is not kept, and the connection goes on",
                 "[auth]") {
  start();
  raw_client client{port};
  const std::string body(900'000, 'x');
  CHECK(client.exchange(request_text("POST /api/messages", body, remote)).status == 401);
  CHECK(
    client
      .exchange(request_text("POST /api/messages", {}, remote + "Transfer-Encoding: chunked\r\n")
                + "5\r\nhello\r\n0\r\n\r\n")
      .status
    == 401);
  CHECK(client.exchange(request_text("POST /api/agents", "{", key_p)).status == 400);

  // One that asks first is told at once.
  const auto asked = client.exchange(request_text(
    "POST /api/messages", {}, remote + "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  CHECK(asked.status == 401);
  CHECK(client.is_closed());

  // One that goes beyond the limit hears why it was refused in the first place.
  raw_client endless{port};
  endless.send(request_text("POST /api/agents", {}, remote + "Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 20; ++i)
    endless.send("10000\r\n" + std::string(65'536, ' ') + "\r\n");
  CHECK(endless.read().status == 401);
  CHECK(endless.read_to_end().empty());
}

TEST_CASE_METHOD(guarded_rig, "pages in browsers are kept from what trusts this machine",
                 "[auth]") {
  struct page {
    std::string headers; ///< `Host` among them.
    int local;           ///< Status for who is let in for being here,
    int with_key;        ///< and for who is let in by a key.
    int socket;          ///< The same with a key, for a WebSocket.
  };
  const std::string own = "Host: localhost\r\n";
  const std::vector<page> pages{
    {own, 200, 200, 101},
    {own + "Origin: http://localhost\r\n", 200, 200, 101},
    {own + "Origin: http://LOCALHOST\r\n", 200, 200, 101},
    {own + "Origin: http://localhost:81\r\n", 403, 200, 403},
    {own + "Origin: http://evil.example\r\n", 403, 200, 403},
    {own + "Origin: null\r\n", 403, 200, 403},
    {own + "Sec-Fetch-Site: cross-site\r\n", 403, 200, 101},
    {own + "Sec-Fetch-Site: same-origin\r\n", 200, 200, 101},
    {own + "Sec-Fetch-Site: none\r\n", 200, 200, 101},
    {"Host: evil.example\r\n", 421, 200, 101},
    {"Host: evil.example\r\nOrigin: http://evil.example\r\n", 421, 200, 101},
    {"Host: evil.example\r\nSec-Fetch-Site: same-origin\r\n", 421, 200, 101},
    {"Host: localhost.evil.example\r\n", 421, 200, 101},
    {"Host: 10.0.0.1\r\n", 421, 200, 101},
  };
  front.on_submit = [](actors::op& what) {
    if (what.kind() != actors::op_kind::subscribe)
      return false;
    static_cast<actors::op_of<actors::subscribe>&>(what).answer({});
    return true;
  };
  start();
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: "
                              "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const auto status = [&](const std::string& path, const std::string& headers) {
    return ask("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n").status;
  };
  for (const auto& one : pages) {
    CAPTURE(one.headers);
    CHECK(status("/api/version", one.headers) == one.local);
    CHECK(status("/api/version", one.headers + key_p) == one.local); // The key is not looked at.
    CHECK(status("/api/version", one.headers + remote + key_p) == one.with_key);
    const auto local_socket = one.local == 200 ? 101 : one.local;
    CHECK(status("/ws/agents/a1", one.headers + upgrade) == local_socket);
    CHECK(status("/ws/agents/a1", one.headers + upgrade + remote + key_p) == one.socket);
    CHECK(status("/health", one.headers) == 200);
    CHECK(status("/nope", one.headers) == 404);
  }
}
