#include "tests/embed/home.hpp"

using namespace intermute;
using namespace intermute::tests;

namespace {

std::vector<std::string> ids_of(const std::vector<event>& events) {
  std::vector<std::string> ids;
  for (const auto& one : events)
    ids.push_back(one.message_id);
  return ids;
}

using names = std::vector<std::string>;

/// A server without a listener. The listeners outlive it.
class rig {
public:
  home folder;
  listener heard;
  listener other;
  std::unique_ptr<intermute::server> server;

  explicit rig(std::map<std::string, std::string> settings = {}) {
    auto from = in_file(folder.file("x.db"));
    from.settings = std::move(settings);
    server = started(std::move(from));
  }
  cursor send(const std::string& id, const std::string& to = "bob") {
    return value_of(server->send(letter("ada", to, id))).at;
  }
};

} // namespace

TEST_CASE_METHOD(rig, "a subscription hears what is sent after it, and nothing of before",
                 "[embed]") {
  send("before");
  const auto handle = value_of(server->subscribe(heard.request("bob")));
  const auto at = send("m1");
  send("for another", "cyd");
  send("m2");
  const auto events = heard.wait_for(2);
  CHECK(ids_of(events) == names{"m1", "m2"});
  CHECK(events[0].at == at);
  CHECK(events[0].type == "message.created");
  CHECK(events[0].project == "p");
  CHECK(events[0].agent_id == "bob");
  CHECK(events[0].created_at > time_point{});
}

TEST_CASE_METHOD(rig, "a subscription with a cursor hears first what it missed", "[embed]") {
  const auto first = send("m1");
  for (int i = 2; i <= 700; ++i) // More than a page of the log.
    send('m' + std::to_string(i));
  const auto handle = value_of(server->subscribe(heard.request("bob", first)));
  send("live");
  const auto events = heard.wait_for(700);
  REQUIRE(events.size() == 700);
  CHECK(events.front().message_id == "m2");
  CHECK(events.back().message_id == "live");
  for (std::size_t i = 1; i < events.size(); ++i)
    REQUIRE(events[i - 1].at < events[i].at);
}

TEST_CASE_METHOD(rig, "a subscription hears of marks and reservations of its project", "[embed]") {
  const auto handle = value_of(server->subscribe(heard.request("bob")));
  send("m1");
  value_of(server->mark({"p", "m1", "bob", mark_kind::ack}));
  reservation_request hold;
  hold.project = "p";
  hold.agent_id = "ada";
  hold.path_pattern = "src/";
  const auto held = value_of(server->reserve(hold));
  const auto events = heard.wait_for(3);
  CHECK(events[1].type == "message.ack");
  CHECK(events[1].message_id == "m1");
  CHECK(events[2].type == "reservation.created");
  CHECK(events[2].reservation_id == held.reservation->id);
  CHECK(events[2].agent_id == "ada");
  CHECK(events[2].path_pattern == "src/");
  CHECK(events[2].created_at == held.reservation->created_at);
}

TEST_CASE_METHOD(rig, "no handler runs once the handle is gone", "[embed]") {
  auto handle = value_of(server->subscribe(heard.request("bob")));
  const auto witness = value_of(server->subscribe(other.request("bob")));
  send("m1");
  heard.wait_for(1);
  handle.end();
  send("m2");
  other.wait_for(2);
  CHECK(ids_of(heard.events()) == names{"m1"});
  CHECK_FALSE(heard.ended());
}

TEST_CASE_METHOD(rig, "a handler may end its own subscription and call the server", "[embed]") {
  subscription own;
  std::promise<std::string> read;
  std::promise<void> assigned;
  auto wanted = heard.request("bob");
  wanted.on_event = [&, ready = assigned.get_future().share()](const event&) {
    ready.wait();
    read.set_value(value_of(server->inbox(inbox_of("bob"))).entries.at(0).message.id);
    own.end();
  };
  own = value_of(server->subscribe(std::move(wanted)));
  assigned.set_value();
  send("m1");
  CHECK(read.get_future().get() == "m1");
  send("m2"); // A second call would set the promise twice, which throws and ends the program.
  const auto witness = value_of(server->subscribe(other.request("bob", 0)));
  other.wait_for(2);
}

TEST_CASE("a handler that is too slow loses its subscription, and nothing when it resumes",
          "[embed]") {
  rig with{{{"websocket.outbox_events_max", "4"}}};
  with.heard.hold();
  const auto handle = value_of(with.server->subscribe(with.heard.request("bob")));
  with.send("m1");
  with.heard.wait_for_calls(1);
  // Its handler is stuck; sends go on all the same.
  for (int i = 2; i <= 10; ++i)
    with.send('m' + std::to_string(i));
  const auto witness = value_of(with.server->subscribe(with.other.request("cyd")));
  with.send("for cyd", "cyd");
  with.heard.let_go();
  const auto [why, at] = with.heard.wait_for_end();
  CHECK(why == end_reason::too_slow);
  const auto events = with.heard.events();
  REQUIRE(events.size() < 10);
  CHECK(at == events.back().at);
  with.other.wait_for(1);

  listener again;
  const auto resumed = value_of(with.server->subscribe(again.request("bob", at)));
  const auto rest = again.wait_for(10 - events.size());
  CHECK(rest.front().message_id == 'm' + std::to_string(events.size() + 1));
  CHECK(rest.back().message_id == "m10");
}

TEST_CASE_METHOD(rig, "subscriptions are told that the server stops, and where to resume",
                 "[embed]") {
  const auto handle = value_of(server->subscribe(heard.request("bob")));
  const auto silent = value_of(server->subscribe(other.request("cyd")));
  const auto at = send("m1");
  heard.wait_for(1);
  server->stop();
  CHECK(heard.ended() == listener::end{end_reason::stopped, at});
  CHECK(other.ended() == listener::end{end_reason::stopped, std::nullopt});
}

TEST_CASE_METHOD(rig, "a handle may outlive its server", "[embed]") {
  auto handle = value_of(server->subscribe(heard.request("bob")));
  server.reset();
  CHECK(heard.ended());
  handle.end();
}

TEST_CASE("more subscriptions than allowed are refused", "[embed]") {
  rig with{{{"websocket.subscriptions_max", "1"}}};
  const auto handle = value_of(with.server->subscribe(with.heard.request("bob")));
  CHECK(code_of(with.server->subscribe(with.other.request("cyd"))) == "mailbox_full");
}
