#include "rig.hpp"
#include "ws_client.hpp"

using namespace intermute;
using namespace intermute::tests;
using namespace std::chrono_literals;

namespace {

/// Keeps the last subscription and answers it at once unless told not to.
struct subscriptions {
  explicit subscriptions(rig& of) {
    of.front.on_submit = [this](actors::op& what) {
      if (what.kind() != actors::op_kind::subscribe)
        return false;
      auto& one = static_cast<actors::op_of<actors::subscribe>&>(what);
      const std::lock_guard guard{mutex};
      last = one.request;
      ++count;
      if (!answer)
        return false;
      one.answer({});
      return true;
    };
  }
  actors::subscribe wait() {
    REQUIRE(eventually([&] {
      const std::lock_guard guard{mutex};
      return count > 0;
    }));
    const std::lock_guard guard{mutex};
    return last;
  }

  std::mutex mutex;
  actors::subscribe last;
  int count = 0;
  bool answer = true;
};

actors::frame frame_of(const actors::subscribe& to, std::string text, bool more = false) {
  return {to.socket, std::make_shared<const std::string>(std::move(text)), more};
}

void deliver(const actors::subscribe& to, const std::vector<std::string>& texts,
             bool more = false) {
  std::vector<actors::frame> frames;
  for (const auto& text : texts)
    frames.push_back(frame_of(to, text, more && &text == &texts.back()));
  to.frames->deliver(std::move(frames));
}

} // namespace

TEST_CASE_METHOD(rig, "a handshake subscribes first and is then answered", "[ws]") {
  subscriptions made{*this};
  start();
  raw_client client{port};
  const auto answer
    = client.exchange(handshake_text("/ws/agents/b%20b?project=+p+&since_cursor=17",
                                     "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                                     "Sec-WebSocket-Protocol: chat\r\nX-Agent-ID: b b\r\n"));
  CHECK(answer.status == 101);
  CHECK(answer.headers.at("sec-websocket-accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(answer.headers.contains("sec-websocket-extensions"));
  CHECK_FALSE(answer.headers.contains("sec-websocket-protocol"));
  const auto asked = made.wait();
  CHECK(asked.agent == "b b");
  CHECK(asked.project == "p");
  CHECK(asked.since == 17U);
  CHECK(metric("intermute_websocket_connections") == 1);
  CHECK(metric("intermute_http_connections") == 0);
}

TEST_CASE_METHOD(rig, "a handshake that lacks something is refused with what it lacks", "[ws]") {
  start();
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const auto ask = [&](const std::string& target, const std::string& headers) {
    raw_client client{port};
    auto answer = client.exchange(request_text("GET " + target, {}, headers));
    if (answer.status != 431)
      CHECK(client.exchange(request_text("GET /health")).status == 200);
    return answer;
  };
  const auto plain = ask("/ws/agents/b", {});
  CHECK(plain.status == 426);
  CHECK(plain.headers.at("upgrade") == "websocket");
  CHECK(ask("/ws/agents/b", "Connection: Upgrade\r\n" + key + version).status == 426);
  CHECK(ask("/ws/agents/b", "Upgrade: websocket\r\n" + key + version).status == 426);
  const auto old = ask("/ws/agents/b", upgrade + key + "Sec-WebSocket-Version: 8\r\n");
  CHECK(old.status == 400);
  CHECK(old.headers.at("sec-websocket-version") == "13");
  CHECK(ask("/ws/agents/b", upgrade + version).status == 400);
  CHECK(ask("/ws/agents/", upgrade + key + version).status == 400);
  CHECK(ask("/ws/agents/b", upgrade + key + version + "X-Agent-ID: c\r\n").status == 403);
  CHECK(ask("/ws/agents/b", upgrade + key + version + "Origin: http://evil\r\n").status == 403);
  for (const auto* since : {"x", "-1", "1.5", "", "99999999999999999999"}) {
    const auto answer
      = ask("/ws/agents/b?since_cursor=" + std::string{since}, upgrade + key + version);
    CHECK(answer.status == 400);
    CHECK(answer.body.find("invalid_cursor") != std::string::npos);
  }
}

TEST_CASE_METHOD(rig, "a subscription that is refused is an answer of HTTP", "[ws]") {
  front.on_submit = [](actors::op& what) {
    what.fail({base::errc::mailbox_full, {}, "push"});
    return true;
  };
  start();
  raw_client client{port};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 503);
  CHECK(client.exchange(request_text("GET /health")).status == 200);
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 503);
}

TEST_CASE_METHOD(rig, "a subscription that comes too late is taken back", "[ws]") {
  http.request_timeout = 30ms;
  subscriptions made{*this};
  made.answer = false;
  start();
  raw_client client{port};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 503);
  const auto asked = made.wait();
  CHECK(eventually([&] { return front.is_gone(asked.socket); }));
  auto held = front.take_held();
  static_cast<actors::op_of<actors::subscribe>&>(*held.front()).answer({});
  held.clear();
  CHECK(client.exchange(request_text("GET /health")).status == 200);
  CHECK(metric("intermute_websocket_connections") == 0);
}

TEST_CASE_METHOD(rig, "what came before the handshake was answered comes after it", "[ws]") {
  subscriptions made{*this};
  made.answer = false;
  start();
  raw_client client{port};
  client.send(request_text("GET /health") + handshake_text("/ws/agents/b"));
  const auto asked = made.wait();
  deliver(asked, {"early\n"});
  REQUIRE(eventually([&] { return front.held() == 1; }));
  static_cast<actors::op_of<actors::subscribe>&>(*front.take_held().front()).answer({});
  CHECK(client.read().status == 200);
  CHECK(client.read().status == 101);
  CHECK(read_frame(client).payload == "early\n");
}

TEST_CASE_METHOD(rig, "events are single final text frames, in order", "[ws]") {
  subscriptions made{*this};
  start(2);
  raw_client client{port};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
  const auto asked = made.wait();
  std::vector<std::string> texts;
  for (int i = 0; i < 200; ++i)
    texts.push_back("event " + std::to_string(i) + "\n");
  deliver(asked, texts, true);
  for (const auto& text : texts) {
    const auto got = read_frame(client);
    CHECK(got.final);
    CHECK(got.opcode == text_frame);
    CHECK(got.payload == text);
  }
  CHECK(eventually([&] { return front.resumed() == 1; }));
  CHECK(eventually([&] { return metric("intermute_websocket_frames_total") == 200; }));
}

TEST_CASE_METHOD(rig, "a reader that does not read is closed with 1013 and a whole prefix",
                 "[ws]") {
  websocket.outbox_events_max = 50;
  websocket.send_buffer_bytes = 4'096;
  subscriptions made{*this};
  start();
  raw_client client{port, 2'048};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
  const auto asked = made.wait();
  const auto event = [](int at) {
    return R"({"cursor":)" + std::to_string(at + 1) + '}' + std::string(1'000, ' ') + "\n";
  };
  for (int i = 0; i < 300; ++i)
    deliver(asked, {event(i)});
  REQUIRE(eventually([&] { return metric("intermute_websocket_slow_closes_total") == 1; }));
  int next = 0;
  auto got = read_frame(client);
  for (; got.opcode == text_frame; got = read_frame(client))
    CHECK(got.payload == event(next++));
  CHECK(next < 250);
  CHECK(got.opcode == close_frame);
  CHECK(got.code() == 1013);
  const auto last = next == 0 ? std::string{} : ' ' + std::to_string(next);
  CHECK(got.payload.substr(2) == "resume from cursor" + last);
  client.send(client_frame(close_frame, got.payload));
  CHECK(client.is_closed());
  CHECK(eventually([&] { return front.is_gone(asked.socket); }));
}

TEST_CASE_METHOD(rig, "bytes count as well as events", "[ws]") {
  websocket.outbox_bytes_max = 1'000;
  subscriptions made{*this};
  start();
  raw_client client{port};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
  deliver(made.wait(), {std::string(1'001, 'x')});
  const auto got = read_frame(client);
  CHECK(got.opcode == close_frame);
  CHECK(got.code() == 1013);
}

TEST_CASE_METHOD(rig, "what clients send must be JSON and is dropped", "[ws]") {
  websocket.message_bytes_max = 1'000;
  subscriptions made{*this};
  start();
  const auto say = [&](const std::string& bytes) {
    raw_client client{port};
    CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
    client.send(bytes);
    client.send(client_frame(ping_frame, "still there?"));
    const auto got = read_frame(client);
    return got.opcode == pong_frame ? 0U : got.code();
  };
  CHECK(say(client_frame(text_frame, "{}")) == 0);
  CHECK(say(client_frame(2, "[1,2]")) == 0);
  CHECK(say(client_frame(text_frame, "{\"in\":", false) + client_frame(0, "1}")) == 0);
  CHECK(say(client_frame(text_frame, "\"" + std::string(998, 'x') + "\"")) == 0);
  CHECK(say(client_frame(text_frame, "not json")) == 1007);
  CHECK(say(client_frame(text_frame, "{} {}")) == 1007);
  CHECK(say(client_frame(text_frame, "")) == 1007);
  CHECK(say(client_frame(2, "\xff\xfe")) == 1007);
  CHECK(say(client_frame(text_frame, "\xff")) == 1007);
  CHECK(say(client_frame(text_frame, std::string(500, '['))) == 1007);
  CHECK(say(client_frame(text_frame, std::string(1'001, ' '))) == 1009);
  CHECK(say(client_frame(text_frame, std::string(600, ' '), false)
            + client_frame(0, std::string(600, ' '), false) + std::string(5'000, '\0'))
        == 1009);
  CHECK(say(client_frame(3, "")) == 1002);
  CHECK(say(client_frame(0, "{}")) == 1002);
  CHECK(say(client_frame(ping_frame, "x", false)) == 1002);
  CHECK(say("\x81\x02{}") == 1002); // Not masked.
  CHECK(say(std::string("\xc1\x80\0\0\0\0", 6)) == 1002);
}

TEST_CASE_METHOD(rig, "a close is echoed and ends the subscription", "[ws]") {
  subscriptions made{*this};
  start();
  raw_client client{port};
  CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
  client.send(client_frame(close_frame, "\x0f\xa1"
                                        "bye")); // 4001
  CHECK(read_frame(client).code() == 4'001);
  CHECK(client.is_closed());
  CHECK(eventually([&] { return front.is_gone(made.wait().socket); }));
  CHECK(eventually([&] { return metric("intermute_websocket_connections") == 0; }));
}

TEST_CASE_METHOD(rig, "a client that vanishes ends its subscription", "[ws]") {
  subscriptions made{*this};
  start();
  {
    raw_client client{port};
    CHECK(client.exchange(handshake_text("/ws/agents/b")).status == 101);
  }
  const auto asked = made.wait();
  CHECK(eventually([&] { return front.is_gone(asked.socket); }));
  deliver(asked, {"to nobody\n"});
  CHECK(raw_client{port}.exchange(request_text("GET /health")).status == 200);
}

TEST_CASE_METHOD(rig, "silent clients are pinged and dead ones dropped", "[ws]") {
  websocket.idle_timeout = 100ms;
  subscriptions made{*this};
  start();
  raw_client dead{port};
  CHECK(dead.exchange(handshake_text("/ws/agents/b")).status == 101);
  CHECK(read_frame(dead).opcode == ping_frame);
  CHECK(dead.is_closed());
  CHECK(eventually([&] { return front.is_gone(made.wait().socket); }));
  CHECK(eventually([&] { return metric("intermute_websocket_connections") == 0; }));

  raw_client alive{port};
  CHECK(alive.exchange(handshake_text("/ws/agents/b")).status == 101);
  for (int i = 0; i < 5; ++i) {
    const auto ping = read_frame(alive);
    REQUIRE(ping.opcode == ping_frame);
    alive.send(client_frame(pong_frame, ping.payload));
  }
}

TEST_CASE_METHOD(rig, "a dead client is dropped though events go on", "[ws]") {
  websocket.idle_timeout = 100ms;
  subscriptions made{*this};
  start();
  raw_client dead{port};
  CHECK(dead.exchange(handshake_text("/ws/agents/b")).status == 101);
  const auto asked = made.wait();
  // Its kernel takes them for it: only what a client sends shows that it lives.
  CHECK(eventually([&] {
    deliver(asked, {"event\n"});
    return front.is_gone(asked.socket);
  }));
}

TEST_CASE_METHOD(rig, "no more sockets are taken than are allowed", "[ws]") {
  websocket.subscriptions_max = 1;
  subscriptions made{*this};
  start();
  raw_client first{port};
  CHECK(first.exchange(handshake_text("/ws/agents/b")).status == 101);
  raw_client second{port};
  const auto refused = second.exchange(handshake_text("/ws/agents/b"));
  CHECK(refused.status == 503);
  CHECK(refused.headers.at("retry-after") == "1");
  first.send(client_frame(close_frame, "\x03\xe8"));
  REQUIRE(eventually([&] { return metric("intermute_websocket_connections") == 0; }));
  CHECK(second.exchange(handshake_text("/ws/agents/b")).status == 101);
}

TEST_CASE_METHOD(rig, "a stop says goodbye with 1001", "[ws]") {
  subscriptions made{*this};
  start(2);
  raw_client polite{port};
  CHECK(polite.exchange(handshake_text("/ws/agents/b")).status == 101);
  raw_client mute{port};
  CHECK(mute.exchange(handshake_text("/ws/agents/b")).status == 101);
  bool clean = true;
  std::thread stopper{[&] { clean = stop(200ms); }};
  const auto got = read_frame(polite);
  CHECK(got.opcode == close_frame);
  CHECK(got.code() == 1001);
  polite.send(client_frame(close_frame, got.payload));
  stopper.join();
  CHECK_FALSE(clean); // The mute one had to be cut.
  CHECK(read_frame(mute).code() == 1001);
}
