#include "raw_client.hpp"
#include "rig.hpp"
#include "transport/shard.hpp"
#include "ws_client.hpp"

#include <latch>

using namespace intermute;
using namespace intermute::tests;
using namespace std::chrono_literals;

namespace {

const std::string get_health = request_text("GET /health");
const std::string get_counts = request_text("GET /api/inbox/b/counts");

bool ends(const raw_answer& answer) {
  const auto found = answer.headers.find("connection");
  return found != answer.headers.end() && found->second == "close";
}

/// A rig whose stop runs beside the test.
struct draining_rig : rig {
  ~draining_rig() {
    if (stopper_.joinable())
      stopper_.join();
  }
  /// Begins to stop; returns once the shards know.
  void begin_stop(std::chrono::milliseconds patience) {
    stopper_ = std::thread{
      [this, patience] { clean_ = server().stop(base::system_clock().steady() + patience); }};
    REQUIRE(eventually([&] { return server().shard_at(0).draining(); }));
  }
  bool end_stop() {
    stopper_.join();
    return clean_;
  }
  void answer_held() {
    for (auto& one : front.take_held())
      static_cast<actors::op_of<actors::count_inbox>&>(*one).answer({1, 0});
  }

private:
  std::thread stopper_;
  bool clean_ = false;
};

/// True if nobody listens on the port.
bool is_refused(std::uint16_t port) {
  const int tried = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool refused = ::connect(tried, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0
                       && errno == ECONNREFUSED;
  ::close(tried);
  return refused;
}

bool answer_sends(actors::op& what) {
  if (what.kind() != actors::op_kind::send_message)
    return false;
  static_cast<actors::op_of<actors::send_message>&>(what).answer(
    {"m", 1, {"b"}, {}, {}, {}, false});
  return true;
}

const std::string body = R"({"from":"a","to":["b"]})";
const std::string send_head = request_text(
  "POST /api/messages", {}, "Content-Length: " + std::to_string(body.size()) + "\r\n");

} // namespace

TEST_CASE_METHOD(draining_rig, "a stop answers all that has come, however many wait", "[drain]") {
  http.pipeline_max = 2;
  start();
  raw_client client{port};
  std::string text;
  for (int i = 0; i < 7; ++i)
    text += get_counts;
  client.send(text + get_health);
  REQUIRE(eventually([&] { return front.held() == 2; }));
  begin_stop(10s);
  for (int i = 0; i < 7; ++i) {
    if (i % 2 == 0) {
      REQUIRE(eventually([&] { return front.held() == (i == 6 ? 1U : 2U); }));
      answer_held();
    }
    const auto answer = client.read();
    CHECK(answer.status == 200);
    CHECK_FALSE(ends(answer));
  }
  const auto last = client.read();
  CHECK(last.body == "{\"status\":\"ok\"}\n");
  CHECK(ends(last));
  CHECK(client.is_closed());
  CHECK(end_stop());
}

TEST_CASE_METHOD(draining_rig, "a stop waits for the rest of a body", "[drain]") {
  front.on_submit = answer_sends;
  start();
  raw_client half{port};
  raw_client chunked{port};
  half.send(get_health + send_head + body.substr(0, 5));
  chunked.send(get_health + request_text("POST /api/messages", {}, "Transfer-Encoding: chunked\r\n")
               + "17\r\n" + body.substr(0, 5));
  CHECK(half.read().status == 200);
  CHECK(chunked.read().status == 200);
  begin_stop(10s);
  for (auto* const client : {&half, &chunked}) {
    client->send(body.substr(5) + (client == &chunked ? "\r\n0\r\n\r\n" : ""));
    const auto answer = client->read();
    CHECK(answer.status == 200);
    CHECK(ends(answer));
    CHECK(client->is_closed());
  }
  CHECK(end_stop());
}

TEST_CASE_METHOD(draining_rig, "a body whose rest does not come in time is told so", "[drain]") {
  start();
  raw_client half{port};
  half.send(get_health + send_head + body.substr(0, 5));
  CHECK(half.read().status == 200);
  begin_stop(50ms);
  const auto answer = half.read();
  CHECK(answer.status == 503);
  CHECK(answer.body.find("shutting_down") != std::string::npos);
  CHECK(answer.headers.contains("retry-after"));
  CHECK(ends(answer));
  CHECK(half.is_closed());
  CHECK_FALSE(end_stop());
}

TEST_CASE_METHOD(draining_rig, "a stop closes who has nothing under way", "[drain]") {
  start();
  raw_client fresh{port};
  raw_client idle{port};
  CHECK(idle.exchange(get_health).status == 200);
  raw_client half_head{port};
  half_head.send(get_health + "GET /hea");
  CHECK(half_head.read().status == 200);
  REQUIRE(eventually([&] { return metric("intermute_http_connections") == 3; }));
  begin_stop(10s);
  CHECK(fresh.is_closed());
  CHECK(idle.is_closed());
  CHECK(half_head.is_closed());
}

TEST_CASE_METHOD(draining_rig, "who connects after a stop began is refused", "[drain]") {
  start(2);
  raw_client busy{port};
  busy.send(get_counts);
  REQUIRE(eventually([&] { return front.held() == 1; }));
  begin_stop(10s);
  CHECK(eventually([&] { return is_refused(port); }));
  answer_held();
  CHECK(ends(busy.read()));
  CHECK(end_stop());
}

TEST_CASE_METHOD(draining_rig, "who had connected when a stop began is answered", "[drain]") {
  std::latch blocked{1};
  std::latch go_on{1};
  front.on_submit = [&](actors::op&) {
    blocked.count_down();
    go_on.wait(); // The io thread accepts nobody meanwhile.
    return false;
  };
  start();
  raw_client busy{port};
  busy.send(get_counts);
  blocked.wait();
  raw_client waiting{port};
  waiting.send(get_health);
  raw_client silent{port};
  std::thread later{[&] {
    std::this_thread::sleep_for(20ms); // So that the stop is asked for first; either order is fine.
    go_on.count_down();
  }};
  begin_stop(10s);
  later.join();
  const auto answer = waiting.read();
  CHECK(answer.status == 200);
  CHECK(ends(answer));
  CHECK(silent.is_closed());
  REQUIRE(eventually([&] { return front.held() == 1; }));
  answer_held();
  CHECK(ends(busy.read()));
  CHECK(end_stop());
}

TEST_CASE_METHOD(draining_rig, "a request that comes with the stop loses nothing", "[drain]") {
  // Whether it is answered or not is a race; if it is not, nothing of it was taken.
  std::atomic<int> taken = 0;
  front.on_submit = [&](actors::op& what) {
    ++taken;
    static_cast<actors::op_of<actors::count_inbox>&>(what).answer({1, 0});
    return true;
  };
  start();
  std::vector<std::unique_ptr<raw_client>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<raw_client>(port));
    CHECK(clients.back()->exchange(get_health).status == 200);
  }
  std::thread sender{[&] {
    for (auto& one : clients)
      one->send(get_counts);
  }};
  begin_stop(10s);
  sender.join();
  CHECK(end_stop());
  int answered = 0;
  for (auto& one : clients)
    if (one->read_to_end().starts_with("HTTP/1.1 200"))
      ++answered;
  CHECK(answered == taken);
}

TEST_CASE_METHOD(draining_rig, "a WebSocket is told where to go on from", "[drain]") {
  std::map<std::string, actors::subscribe> made;
  front.on_submit = [&](actors::op& what) {
    auto& one = static_cast<actors::op_of<actors::subscribe>&>(what);
    made[one.request.agent] = one.request;
    one.answer({});
    return true;
  };
  start();
  const auto connect = [&](const std::string& agent, const std::string& query) {
    auto client = std::make_unique<raw_client>(port);
    CHECK(client->exchange(handshake_text("/ws/agents/" + agent + query)).status == 101);
    return client;
  };
  const auto events = connect("events", "?since_cursor=17");
  const auto asked = connect("asked", "?since_cursor=17");
  const auto plain = connect("plain", "");
  const auto& to = made.at("events");
  for (const auto* text : {R"({"agent":"\"cursor\":99","cursor":41,"type":"x"})", R"({"type":"y"})",
                           R"({"cursor":42,"type":"z"})"})
    to.frames->deliver({{to.socket, std::make_shared<const std::string>(text), false}});
  for (int i = 0; i < 3; ++i)
    CHECK(read_frame(*events).opcode == text_frame);
  begin_stop(10s);
  const std::string text = "the server is shutting down; resume from cursor";
  for (const auto& [client, expected] :
       {std::pair{events.get(), text + " 42"}, std::pair{asked.get(), text + " 17"},
        std::pair{plain.get(), text}}) {
    const auto got = read_frame(*client);
    CHECK(got.opcode == close_frame);
    CHECK(got.code() == 1001);
    CHECK(got.payload.substr(2) == expected);
    client->send(client_frame(close_frame, got.payload.substr(0, 2)));
    CHECK(client->is_closed());
  }
  CHECK(end_stop());
}
