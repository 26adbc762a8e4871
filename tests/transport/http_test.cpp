#include "raw_client.hpp"
#include "rig.hpp"

#include <rapidjson/document.h>

using namespace intermute;
using namespace intermute::tests;
using namespace std::chrono_literals;

namespace {

/// Answers a send at once with the id it names; leaves all else.
bool answer_send(actors::op& what) {
  if (what.kind() != actors::op_kind::send_message)
    return false;
  auto& one = static_cast<actors::op_of<actors::send_message>&>(what);
  one.answer({one.request.id, 7, one.request.to, {}, {}, {}, false});
  return true;
}

void answer_counts(actors::op& what, std::uint64_t total) {
  static_cast<actors::op_of<actors::count_inbox>&>(what).answer({total, 0});
}

std::string member(const raw_answer& answer, const char* name) {
  rapidjson::Document body;
  body.Parse(answer.body);
  REQUIRE(body.IsObject());
  REQUIRE(body.HasMember(name));
  return body[name].IsString() ? body[name].GetString() : std::to_string(body[name].GetInt());
}

void check_problem(const raw_answer& answer, int status, const std::string& code) {
  CAPTURE(answer.body);
  CHECK(answer.status == status);
  CHECK(answer.headers.at("content-type") == "application/problem+json");
  CHECK(member(answer, "code") == code);
  CHECK(member(answer, "status") == std::to_string(status));
  CHECK(member(answer, "request_id") == answer.headers.at("x-request-id"));
}

std::string send_body(const std::string& id) {
  return R"({"from":"a","to":["b"],"id":")" + id + R"("})";
}

std::string chunks(const std::vector<std::string>& pieces) {
  std::string text;
  char size[32];
  for (const auto& piece : pieces) {
    std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    text.append(size).append(piece).append("\r\n");
  }
  return text + "0\r\n\r\n";
}

const std::string get_health = request_text("GET /health");
const std::string get_counts = request_text("GET /api/inbox/b/counts");

} // namespace

TEST_CASE_METHOD(rig, "health, version and metrics are answered without an actor", "[http]") {
  start();
  raw_client client{port};
  const auto health = client.exchange(get_health);
  CHECK(health.status == 200);
  CHECK(health.body == "{\"status\":\"ok\"}\n");
  CHECK(health.headers.at("content-type") == "application/json");
  CHECK(health.headers.at("date").ends_with(" GMT"));
  CHECK_FALSE(health.headers.contains("connection"));
  CHECK(client.exchange(request_text("GET /api/version")).body == "{\"version\":\"1.2.3\"}\n");
  const auto metrics = client.exchange(request_text("GET /metrics"));
  CHECK(metrics.headers.at("content-type") == "text/plain; version=0.0.4");
  CHECK(metrics.body.find("intermute_http_connections 1") != std::string::npos);
  CHECK(metrics.body.find("operation=\"getHealth\"") != std::string::npos);
}

TEST_CASE_METHOD(rig, "a degraded server says why", "[http]") {
  front.why_degraded = "the breaker is \"open\"";
  start();
  const auto answer = raw_client{port}.exchange(get_health);
  CHECK(answer.status == 503);
  CHECK(member(answer, "status") == "degraded");
  CHECK(member(answer, "error") == "the breaker is \"open\"");
  CHECK(answer.headers.contains("retry-after"));
}

TEST_CASE_METHOD(rig, "HEAD is GET without the body", "[http]") {
  start();
  raw_client client{port};
  const auto head = client.send(request_text("HEAD /health")).read(false);
  CHECK(head.status == 200);
  CHECK(head.headers.at("content-length") == "16");
  const auto missing = client.send(request_text("HEAD /nope")).read(false);
  CHECK(missing.status == 404);
  CHECK(client.exchange(get_health).status == 200); // No body stood between.
}

TEST_CASE_METHOD(rig, "pipelined requests are answered in their order", "[http]") {
  start();
  raw_client client{port};
  std::string text;
  for (int i = 0; i < 4; ++i)
    text += get_counts + get_health;
  client.send(text);
  REQUIRE(eventually([&] { return front.held() == 4; }));
  auto held = front.take_held();
  for (std::size_t i = held.size(); i > 0; --i) // The last first.
    answer_counts(*held[i - 1], i);
  for (int i = 1; i <= 4; ++i) {
    CHECK(member(client.read(), "total") == std::to_string(i));
    CHECK(member(client.read(), "status") == "ok");
  }
}

TEST_CASE_METHOD(rig, "a batch of answers from another thread reaches every connection", "[http]") {
  start(2);
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<raw_client>(port));
    clients.back()->send(get_counts + get_counts);
  }
  REQUIRE(eventually([&] { return front.held() == 40; }));
  auto held = front.take_held();
  std::map<actors::reply_sink*, std::vector<actors::op_ptr>> batches;
  for (auto& one : held) {
    REQUIRE(static_cast<actors::op_of<actors::count_inbox>&>(*one).settle({3, 2}));
    batches[&one->sink()].push_back(std::move(one));
  }
  for (auto& [sink, batch] : batches)
    sink->deliver(std::move(batch));
  for (auto& client : clients) {
    CHECK(client->read().body == "{\"total\":3,\"unread\":2}\n");
    CHECK(client->read().body == "{\"total\":3,\"unread\":2}\n");
  }
}

TEST_CASE_METHOD(rig, "no more requests are taken than the pipeline holds", "[http]") {
  http.pipeline_max = 3;
  start();
  raw_client client{port};
  std::string text;
  for (int i = 0; i < 10; ++i)
    text += get_counts;
  client.send(text);
  for (std::uint64_t i = 0; i < 10; ++i) {
    REQUIRE(eventually([&] { return front.held() > 0; }));
    std::this_thread::sleep_for(2ms);
    auto held = front.take_held();
    CHECK(held.size() <= 3);
    for (auto& one : held)
      answer_counts(*one, ++i);
    --i;
  }
  for (int i = 0; i < 10; ++i)
    CHECK(client.read().status == 200);
}

TEST_CASE_METHOD(rig, "a body may come in chunks and byte by byte", "[http]") {
  front.on_submit = answer_send;
  start();
  raw_client client{port};
  const auto body = send_body("m");
  const auto head = request_text("POST /api/messages", {}, "Transfer-Encoding: chunked\r\n");
  const auto coded = head + chunks({body.substr(0, 5), body.substr(5, 1), body.substr(6)});
  CHECK(member(client.exchange(coded + get_health), "message_id") == "m");
  CHECK(client.read().status == 200);
  for (const char c : coded + request_text("POST /api/messages", body))
    client.send({&c, 1});
  CHECK(member(client.read(), "message_id") == "m");
  CHECK(member(client.read(), "message_id") == "m");
}

TEST_CASE_METHOD(rig, "a client that asks first is told to go on, in its turn", "[http]") {
  front.on_submit = answer_send;
  start();
  raw_client client{port};
  const auto body = send_body("m");
  client.send(request_text("POST /api/messages", {},
                           "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size())
                             + "\r\n"));
  CHECK(client.read().status == 100);
  CHECK(client.exchange(body).status == 200);

  client.send(
    get_counts
    + request_text("POST /api/messages", {}, "Expect: 100-continue\r\nContent-Length: 5\r\n"));
  REQUIRE(eventually([&] { return front.held() == 1; }));
  answer_counts(*front.take_held().front(), 1);
  CHECK(client.read().status == 200);
  CHECK(client.read().status == 100);
  check_problem(client.exchange("12345"), 400, "invalid_json");

  check_problem(client.exchange(
                  request_text("POST /nope", {}, "Expect: 100-continue\r\nContent-Length: 5\r\n")),
                404, "route_not_found");
  CHECK(client.is_closed());
}

TEST_CASE_METHOD(rig, "bodies beyond the limit are refused before they are read", "[http]") {
  http.body_bytes_max = 1'024;
  start();
  const auto declared = [&](const std::string& path, const std::string& size) {
    raw_client client{port};
    auto answer
      = client.exchange(request_text("POST " + path, {}, "Content-Length: " + size + "\r\n"));
    CHECK(answer.headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
    return answer;
  };
  check_problem(declared("/api/agents", "1025"), 413, "body_too_large");
  check_problem(declared("/api/messages", "1073741824"), 400, "body_too_large");
  check_problem(declared("/api/agents/x/heartbeat", "1025"), 400, "body_too_large");
  check_problem(declared("/api/messages/m/ack", "4611686018427387904"), 413, "body_too_large");

  raw_client client{port};
  client.send(request_text("POST /api/agents", {}, "Transfer-Encoding: chunked\r\n"));
  for (int i = 0; i < 300; ++i) // 300 KiB, of which a good part is still under way.
    client.send("400\r\n" + std::string(1'024, ' ') + "\r\n");
  check_problem(client.read(), 413, "body_too_large");
  CHECK(client.read_to_end().empty());
}

TEST_CASE_METHOD(rig, "a head beyond the limit is 431", "[http]") {
  http.header_bytes_max = 1'024;
  start();
  check_problem(raw_client{port}.exchange(
                  request_text("GET /health", {}, "X: " + std::string(1'024, 'x') + "\r\n")),
                431, "headers_too_large");
  check_problem(raw_client{port}.exchange("GET /" + std::string(2'000, 'x')), 431,
                "headers_too_large");
  const std::string fits = request_text("GET /health", {}, "X: " + std::string(970, 'x') + "\r\n");
  REQUIRE(fits.size() <= 1'024);
  CHECK(raw_client{port}.exchange(fits).status == 200);
}

TEST_CASE_METHOD(rig, "requests that could be read in two ways are refused and the connection ends",
                 "[http]") {
  start();
  const std::string host = "Host: localhost\r\n";
  const std::vector<std::string> bad{
    request_text("POST /api/agents", {}, "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: 2\r\nContent-Length: 3\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: 2\r\nContent-Length: 2\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: 2, 2\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: -1\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: +2\r\n"),
    request_text("POST /api/agents", {}, "Content-Length: many\r\n"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: gzip\r\n"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: chunked, gzip\r\n"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: xchunked\r\n"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: chunked\r\n") + "zz\r\n{}\r\n",
    "POST /api/agents HTTP/1.0\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n",
    "GET /health HTTP/1.1\r\n\r\n",
    "GET /health HTTP/1.1\r\n" + host + host + "\r\n",
    "GET /health HTTP/1.1\n" + host + "\r\n",
    "GET /health HTTP/1.1\r\nHost: localhost\n\r\n",
    "GET /health HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n",
    "GET /health HTTP/1.1\r\n" + host + "A : b\r\n\r\n",
    "GET /health HTTP/1.1\r\n" + host + "nothing\r\n\r\n",
    "GET http://localhost/health HTTP/1.1\r\n" + host + "\r\n",
    "OPTIONS * HTTP/1.1\r\n" + host + "\r\n",
    "GET /health\r\n\r\n",
    "GET /health HTTP/2.0\r\n" + host + "\r\n",
    "GET  /health HTTP/1.1\r\n" + host + "\r\n",
    "\x16\x03\x01\x02 hello\r\n\r\n",
  };
  for (const auto& text : bad) {
    CAPTURE(text);
    raw_client client{port};
    check_problem(client.exchange(text + get_health), 400, "bad_http");
    CHECK(client.read_to_end().empty());
  }
}

TEST_CASE_METHOD(rig, "paths that others may read otherwise end the connection", "[http]") {
  start();
  const std::vector<std::pair<std::string, std::string>> bad{
    {"/api/%2e%2e/health", "invalid_request"}, {"/api/%2E/health", "invalid_request"},
    {"/api/agents/.%2e", "invalid_request"},   {"/api/agents/%00", "invalid_request"},
    {"/api/inbox/b%00", "invalid_request"},    {"/api/inbox/u%2", "invalid_request"},
    {"/api/%252e%252e/health", "bad_http"},    {"/api/agents/%252E", "bad_http"},
    {"/api/inbox/a%252f..%252fb", "bad_http"}, {"/api/agents/x%2500", "bad_http"},
  };
  for (const auto& [path, code] : bad) {
    CAPTURE(path);
    raw_client client{port};
    const auto answer = client.exchange(request_text("GET " + path) + get_health);
    check_problem(answer, 400, code);
    CHECK(answer.headers.at("connection") == "close");
    CHECK(client.read_to_end().empty());
  }
  // A per cent sign that hides nothing is a character like others.
  CHECK(raw_client{port}.exchange(request_text("GET /nope/50%25")).status == 404);
  CHECK(raw_client{port}.exchange(request_text("GET /nope/a%2520b")).status == 404);
  CHECK(raw_client{port}.exchange(request_text("GET /nope/a%252fb")).status == 404);
}

TEST_CASE_METHOD(rig, "a connection survives refusals", "[http]") {
  start();
  raw_client client{port};
  check_problem(client.exchange(request_text("GET /nope")), 404, "route_not_found");
  const auto wrong = client.exchange(request_text("PUT /api/agents", "{}"));
  check_problem(wrong, 405, "method_not_allowed");
  CHECK(wrong.headers.at("allow") == "POST, GET, HEAD");
  check_problem(client.exchange(request_text("POST /api/messages", "{")), 400, "invalid_json");
  check_problem(client.exchange(request_text("POST /api/messages", R"({"from":"a"})")), 400,
                "missing_field");
  const auto moved = client.exchange(request_text("GET /api/inbox?project=p"));
  CHECK(moved.status == 301);
  CHECK(moved.headers.at("location") == "/api/inbox/?project=p");
  CHECK(client.exchange(get_health).status == 200);
}

TEST_CASE_METHOD(rig, "strangers are kept out, but may ask for health", "[http]") {
  start();
  const auto with = [&](const std::string& path, const std::string& headers) {
    return raw_client{port}.exchange("GET " + path + " HTTP/1.1\r\n" + headers + "\r\n");
  };
  check_problem(with("/api/version", "Host: evil.example\r\n"), 421, "host_not_allowed");
  check_problem(with("/api/version", "Host: localhost\r\nOrigin: http://evil.example\r\n"), 403,
                "cross_origin");
  check_problem(with("/api/version", "Host: localhost\r\nSec-Fetch-Site: cross-site\r\n"), 403,
                "cross_origin");
  CHECK(with("/health", "Host: evil.example\r\nOrigin: http://evil.example\r\n").status == 200);
  CHECK(with("/api/version", "Host: localhost\r\nOrigin: http://localhost\r\n").status == 200);
}

TEST_CASE_METHOD(rig, "request ids of clients come back, if they are sane", "[http]") {
  start();
  raw_client client{port};
  const auto ask = [&](const std::string& path, const std::string& id) {
    return client.exchange(request_text("GET " + path, {}, "X-Request-Id: " + id + "\r\n"));
  };
  CHECK(ask("/health", "abc-1").headers.at("x-request-id") == "abc-1");
  CHECK(member(ask("/nope", "abc-2"), "request_id") == "abc-2");
  CHECK(member(ask("/nope", "a b\"c"), "request_id").size() == 36);
  CHECK(member(ask("/nope", std::string(200, 'x')), "request_id").size() == 36);
}

TEST_CASE_METHOD(rig, "connections end when either side wants it", "[http]") {
  front.on_submit = answer_send;
  start();
  raw_client closing{port};
  const auto last = closing.exchange(request_text("GET /health", {}, "Connection: close\r\n"));
  CHECK(last.headers.at("connection") == "close");
  CHECK(closing.is_closed());

  raw_client old{port};
  CHECK(old.exchange("GET /health HTTP/1.0\r\n\r\n").status == 200);
  CHECK(old.is_closed());
  raw_client old_but_kept{port};
  for (int i = 0; i < 2; ++i)
    CHECK(old_but_kept.exchange("GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .headers.at("connection")
          == "keep-alive");

  raw_client half{port};
  half.send(get_counts);
  half.end_sending();
  REQUIRE(eventually([&] { return front.held() == 1; }));
  std::this_thread::sleep_for(5ms);
  answer_counts(*front.take_held().front(), 9);
  CHECK(member(half.read(), "total") == "9");
  CHECK(half.is_closed());
}

TEST_CASE_METHOD(rig, "a request that nobody answers is answered at its deadline", "[http]") {
  http.request_timeout = 30ms;
  start();
  raw_client client{port};
  client.send(get_counts + request_text("POST /api/messages", send_body("m")) + get_health);
  REQUIRE(eventually([&] { return front.held() == 2; }));
  auto held = front.take_held();
  held[1]->note_logged();
  const auto late = client.read();
  check_problem(late, 503, "deadline_exceeded");
  CHECK(late.headers.at("retry-after") == "1");
  check_problem(client.read(), 504, "outcome_unknown");
  CHECK(client.read().status == 200);
  answer_counts(*held[0], 1); // Too late: it goes nowhere.
  held.clear();
  CHECK(client.exchange(get_health).body == "{\"status\":\"ok\"}\n");
  CHECK(metric("intermute_http_requests_unanswered_total") == 2);
}

TEST_CASE_METHOD(rig, "an op that dies unanswered still answers", "[http]") {
  front.on_submit = [](actors::op&) { return true; };
  start();
  check_problem(raw_client{port}.exchange(get_counts), 503, "actor_restarting");
}

TEST_CASE_METHOD(rig, "a full mailbox is named and says when to come back", "[http]") {
  front.on_submit = [](actors::op& what) {
    what.fail({base::errc::mailbox_full, {}, "project"});
    return true;
  };
  start();
  const auto answer = raw_client{port}.exchange(request_text("POST /api/messages", send_body("m")));
  check_problem(answer, 429, "mailbox_full");
  CHECK(member(answer, "mailbox") == "project");
  CHECK(answer.headers.at("retry-after") == "1");
}

TEST_CASE_METHOD(rig, "answers to a client that has left go nowhere", "[http]") {
  start();
  {
    raw_client client{port};
    client.send(get_counts);
    REQUIRE(eventually([&] { return front.held() == 1; }));
  }
  REQUIRE(eventually([&] { return metric("intermute_http_connections") <= 1; }));
  auto held = front.take_held();
  answer_counts(*held.front(), 1);
  held.clear();
  CHECK(raw_client{port}.exchange(get_health).status == 200);
}

TEST_CASE_METHOD(rig, "slow and silent clients are cut off", "[http]") {
  http.header_timeout = 60ms;
  http.idle_timeout = 90ms;
  start();
  raw_client silent{port};
  raw_client slow_head{port};
  raw_client slow_body{port};
  raw_client idle{port};
  slow_head.send("GET /health HT");
  slow_body.send(request_text("POST /api/agents", {}, "Content-Length: 100\r\n") + "{");
  CHECK(idle.exchange(get_health).status == 200);
  check_problem(slow_head.read(), 408, "request_timeout");
  check_problem(slow_body.read(), 408, "request_timeout");
  CHECK(slow_head.read_to_end().empty());
  CHECK(slow_body.read_to_end().empty());
  CHECK(silent.is_closed());
  CHECK(idle.is_closed());
}

TEST_CASE_METHOD(rig, "a body that keeps its pace may take longer", "[http]") {
  http.header_timeout = 50ms;
  http.body_rate_min = 1'000;
  front.on_submit = answer_send;
  start();
  raw_client client{port};
  auto body = send_body("m");
  body += std::string(2'000, ' ');
  client.send(request_text("POST /api/messages", {},
                           "Content-Length: " + std::to_string(body.size()) + "\r\n"));
  for (std::size_t at = 0; at < body.size(); at += 400) {
    client.send(std::string_view{body}.substr(at, 400));
    std::this_thread::sleep_for(30ms);
  }
  CHECK(client.read().status == 200);
}

TEST_CASE_METHOD(rig, "connections beyond the limit are told so", "[http]") {
  http.connections_max = 2;
  start();
  raw_client first{port};
  raw_client second{port};
  CHECK(first.exchange(get_health).status == 200);
  CHECK(second.exchange(get_health).status == 200);
  {
    raw_client third{port};
    const auto answer = third.read();
    check_problem(answer, 503, "mailbox_full");
    CHECK(answer.headers.contains("retry-after"));
  }
  REQUIRE(eventually([&] { return metric("intermute_http_connections") <= 2; }));
  CHECK(first.exchange(get_health).status == 200);
}

TEST_CASE_METHOD(rig, "a big answer reaches a client that reads slowly", "[http]") {
  domain::message message;
  message.body = std::string(60'000, 'x');
  const auto shared = std::make_shared<const domain::message>(message);
  front.on_submit = [&](actors::op& what) {
    actors::inbox_page page;
    for (domain::cursor at = 1; at <= 100; ++at)
      page.entries.push_back({at, shared, domain::recipient_kind::to, {}, {}});
    static_cast<actors::op_of<actors::read_inbox>&>(what).answer(std::move(page));
    return true;
  };
  start();
  raw_client client{port, 4'096};
  client.send(request_text("GET /api/inbox/b") + request_text("GET /api/inbox/b"));
  std::this_thread::sleep_for(20ms);
  for (int i = 0; i < 2; ++i) {
    const auto page = client.read();
    CHECK(page.body.size() > 6'000'000);
    CHECK(page.body.ends_with("\"cursor\":100}\n"));
  }
}

TEST_CASE_METHOD(rig, "a port that is taken is refused by its number", "[http]") {
  start(2);
  rig other;
  other.http.port = port;
  actors::io_shards io{2};
  transport::server second{other.http, other.websocket,
                           transport::server::deps{other.front, io, other.registry,
                                                   observe::silent_logger(), base::system_clock(),
                                                   base::system_entropy(), "x"}};
  const auto bound = second.listen();
  REQUIRE_FALSE(bound);
  CHECK(bound.why().detail.find(std::to_string(port)) != std::string::npos);
}

TEST_CASE_METHOD(rig, "a stop answers what is under way and closes the rest", "[http]") {
  start(2);
  raw_client idle{port};
  CHECK(idle.exchange(get_health).status == 200);
  raw_client half{port};
  half.send("GET /hea");
  raw_client busy{port};
  busy.send(get_counts + get_counts);
  REQUIRE(eventually([&] { return front.held() == 2; }));
  std::thread answers{[&] {
    std::this_thread::sleep_for(50ms);
    for (auto& one : front.take_held())
      answer_counts(*one, 5);
  }};
  CHECK(stop(5s));
  answers.join();
  CHECK(idle.is_closed());
  CHECK(half.is_closed());
  CHECK_FALSE(busy.read().headers.contains("connection"));
  CHECK(busy.read().headers.at("connection") == "close");
  CHECK(busy.is_closed());
}

TEST_CASE_METHOD(rig, "a stop cuts what is not done in time", "[http]") {
  start();
  raw_client busy{port};
  busy.send(get_counts);
  REQUIRE(eventually([&] { return front.held() == 1; }));
  CHECK_FALSE(stop(30ms));
  CHECK(busy.is_closed());
}
