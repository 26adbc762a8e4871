#include "rig.hpp"
#include "ws_client.hpp"

#include <cstdlib>
#include <random>

using namespace intermute;
using namespace intermute::tests;

namespace {

/// Rounds of one test; more at night.
int rounds() { return std::getenv("INTERMUTE_NIGHTLY") != nullptr ? 10'000 : 300; }

/// Bytes changed, doubled, taken out and cut off, a few of each.
std::string mutated(std::string text, std::mt19937& random) {
  const auto below = [&](std::size_t bound) { return random() % std::max<std::size_t>(1, bound); };
  const auto changes = 1 + below(4);
  for (std::size_t i = 0; i < changes && !text.empty(); ++i) {
    const auto at = below(text.size());
    switch (below(5)) {
    case 0: text[at] = static_cast<char>(random()); break;
    case 1: text.insert(at, text.substr(at, 1 + below(20))); break;
    case 2: text.erase(at, 1 + below(10)); break;
    case 3: text.insert(at, 1 + below(3), "\r\n:%\0 \x80"[below(8)]); break;
    default: text.resize(at); break;
    }
  }
  return text;
}

bool answer_all(actors::op& what) {
  what.fail({base::errc::agent_not_found, {}, {}});
  return true;
}

} // namespace

TEST_CASE_METHOD(rig, "broken requests harm nobody", "[fuzz]") {
  front.on_submit = answer_all;
  start();
  const std::vector<std::string> seeds{
    request_text("POST /api/messages", R"({"from":"a","to":["b","\ud83d"],"body":"x"})"),
    request_text("POST /api/agents", {}, "Transfer-Encoding: chunked\r\n")
      + "5\r\n{\"nam\r\n9;x=\"y\"\r\ne\":\"bob\"}\r\n0\r\nTrailer: t\r\n\r\n",
    request_text("GET /api/inbox/a%20b?since_cursor=1&limit=2&project=%C3%A4")
      + request_text("GET /health", {}, "Connection: close\r\n"),
    request_text("POST /api/messages/m/ack/", "{}", "Expect: 100-continue\r\nX-Request-Id: 1\r\n"),
  };
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < rounds(); ++i) {
    raw_client client{port};
    client.send(mutated(seeds[random() % seeds.size()], random));
    client.end_sending();
    (void)client.read_to_end();
  }
  CHECK(raw_client{port}.exchange(request_text("GET /health")).status == 200);
  CHECK(eventually([&] { return metric("intermute_http_connections") == 0; }));
}

TEST_CASE_METHOD(rig, "broken frames harm nobody", "[fuzz]") {
  front.on_submit = [](actors::op& what) {
    static_cast<actors::op_of<actors::subscribe>&>(what).answer({});
    return true;
  };
  websocket.message_bytes_max = 1'000;
  start();
  const auto frames = client_frame(text_frame, R"({"in":)", false) + client_frame(ping_frame, "p")
                      + client_frame(0, R"("pieces"})") + client_frame(2, std::string(300, '1'))
                      + client_frame(close_frame, "\x03\xe8 bye");
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (int i = 0; i < rounds(); ++i) {
    raw_client client{port};
    REQUIRE(client.exchange(handshake_text("/ws/agents/b")).status == 101);
    client.send(mutated(frames, random));
    client.end_sending();
    (void)client.read_to_end();
  }
  CHECK(raw_client{port}.exchange(request_text("GET /health")).status == 200);
  CHECK(eventually([&] { return metric("intermute_websocket_connections") == 0; }));
}
