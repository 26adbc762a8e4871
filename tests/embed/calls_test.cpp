#include "tests/embed/home.hpp"

#include <thread>

using namespace intermute;
using namespace intermute::tests;

namespace {

/// A server without a listener, with two agents.
class rig {
public:
  home folder;
  std::unique_ptr<intermute::server> server = started(in_file(folder.file("x.db")));

  std::string agent(const std::string& name) {
    registration who;
    who.project = "p";
    who.name = name;
    return value_of(server->register_agent(who)).agent_id;
  }
  std::string ada = agent("ada");
  std::string bob = agent("bob");
};

reservation_request hold_of(const std::string& agent, const std::string& pattern) {
  reservation_request made;
  made.project = "p";
  made.agent_id = agent;
  made.path_pattern = pattern;
  made.exclusive = true;
  return made;
}

} // namespace

TEST_CASE("a server without a port is ready and has no address", "[embed]") {
  const home folder;
  const auto server = started(in_file(folder.file("x.db")));
  CHECK(server->ready());
  CHECK(server->degraded().empty());
  CHECK(server->port() == 0);
  CHECK(server->url().empty());
  server->stop();
  CHECK_FALSE(server->ready());
  CHECK(server->degraded() == "shutting_down");
}

TEST_CASE_METHOD(rig, "an agent registered in the process has id, session, name and token",
                 "[embed]") {
  registration who;
  who.project = "p";
  who.name = "cyd";
  const auto cyd = value_of(server->register_agent(who));
  CHECK(cyd.name == "cyd");
  CHECK_FALSE(cyd.agent_id.empty());
  CHECK_FALSE(cyd.session_id.empty());
  CHECK_FALSE(cyd.token.empty());
  who.session_id = "not a uuid";
  CHECK(code_of(server->register_agent(who)) == "invalid_session_id");
  who.session_id = cyd.session_id;
  CHECK(code_of(server->register_agent(who)) == "active_session_conflict");
}

TEST_CASE_METHOD(rig, "a message sent in the process is read, marked and not sent twice",
                 "[embed]") {
  auto mail = letter(ada, bob, "m1");
  mail.cc = {"lead"};
  mail.bcc = {"boss"};
  mail.subject = "build";
  mail.ack_required = true;
  const auto first = value_of(server->send(mail));
  CHECK(first.message_id == "m1");
  CHECK_FALSE(first.replayed);
  CHECK(first.unknown_recipients.empty());
  const auto again = value_of(server->send(mail));
  CHECK(again.replayed);
  CHECK(again.at == first.at);

  auto page = value_of(server->inbox(inbox_of(bob)));
  REQUIRE(page.entries.size() == 1);
  const auto& entry = page.entries[0];
  CHECK(entry.at == first.at);
  CHECK(page.next == first.at);
  CHECK(entry.message.from == ada);
  CHECK(entry.message.to == std::vector{bob});
  CHECK(entry.message.cc == std::vector<std::string>{"lead"});
  CHECK(entry.message.bcc.empty());
  CHECK(entry.message.subject == "build");
  CHECK(entry.message.body == "text of m1");
  CHECK(entry.message.ack_required);
  CHECK(entry.created_at > time_point{});
  CHECK_FALSE(entry.read_at);
  CHECK(value_of(server->inbox(inbox_of("boss"))).entries.at(0).message.bcc
        == std::vector<std::string>{"boss"});

  value_of(server->mark({"p", "m1", bob, mark_kind::read}));
  CHECK(value_of(server->inbox(inbox_of(bob))).entries.at(0).read_at);
  CHECK_FALSE(value_of(server->inbox(inbox_of(bob))).entries.at(0).ack_at);
  value_of(server->mark({"p", "m1", bob, mark_kind::ack}));
  CHECK(value_of(server->inbox(inbox_of(bob))).entries.at(0).ack_at);
}

TEST_CASE_METHOD(rig, "pages of an inbox go on where the last one ended", "[embed]") {
  for (const auto* const id : {"m1", "m2", "m3"})
    value_of(server->send(letter(ada, bob, id)));
  auto wanted = inbox_of(bob);
  wanted.limit = 2;
  const auto first = value_of(server->inbox(wanted));
  REQUIRE(first.entries.size() == 2);
  wanted.since = first.next;
  const auto second = value_of(server->inbox(wanted));
  REQUIRE(second.entries.size() == 1);
  CHECK(second.entries[0].message.id == "m3");
  wanted.since = second.next;
  const auto third = value_of(server->inbox(wanted));
  CHECK(third.entries.empty());
  CHECK(third.next == second.next);
  wanted.since = 0;
  wanted.newest_first = true;
  CHECK(value_of(server->inbox(wanted)).entries.at(0).message.id == "m3");
}

TEST_CASE_METHOD(rig, "requests that lack something are refused before they reach an actor",
                 "[embed]") {
  CHECK(code_of(server->send(letter(" ", bob, "m"))) == "missing_field");
  auto nobody = letter(ada, bob, "m");
  nobody.to.clear();
  CHECK(code_of(server->send(nobody)) == "missing_field");
  CHECK(code_of(server->inbox({})) == "missing_field");
  CHECK(code_of(server->reserve(hold_of("", "src/"))) == "missing_field");
  CHECK(code_of(server->reserve(hold_of(ada, ""))) == "missing_field");
  CHECK(code_of(server->reservations("")) == "project_required");
  CHECK(code_of(server->subscribe({})) == "missing_field");
}

TEST_CASE_METHOD(rig, "texts that are no UTF-8 or too long are refused", "[embed]") {
  const std::string broken{"\xC3("};
  auto mail = letter(ada, bob, "m1");
  mail.cc = {broken};
  CHECK(code_of(server->send(mail)) == "invalid_utf8");
  registration who;
  who.metadata = {{"key", broken}};
  CHECK(code_of(server->register_agent(who)) == "invalid_utf8");
  CHECK(code_of(server->reserve(hold_of(ada, broken))) == "invalid_utf8");
  CHECK(code_of(server->mark({"p", broken, bob, mark_kind::read})) == "invalid_utf8");
  mail = letter(ada, bob, "m1");
  mail.body.assign(std::size_t{1} << 20, 'x');
  CHECK(code_of(server->send(mail)) == "body_too_large");
  mail.body.resize(mail.body.size() - 1'000);
  CHECK(code_of(server->send(mail)) == "none");
}

TEST_CASE_METHOD(rig, "a failure says what to do even when the actors only gave a code",
                 "[embed]") {
  value_of(server->send(letter(ada, bob, "m1")));
  const auto got = server->send(letter(bob, ada, "m1")).get();
  REQUIRE_FALSE(got);
  CHECK(got.why().code == "message_id_taken");
  CHECK_FALSE(got.why().detail.empty());
}

TEST_CASE_METHOD(rig, "a reservation keeps others out until it is released", "[embed]") {
  const auto held = value_of(server->reserve(hold_of(ada, "src/**")));
  REQUIRE(held.reservation);
  CHECK(held.reservation->agent_id == ada);
  CHECK(held.reservation->expires_at - held.reservation->created_at == std::chrono::minutes{30});

  const auto lost = value_of(server->reserve(hold_of(bob, "src/main.cpp")));
  CHECK_FALSE(lost.reservation);
  REQUIRE(lost.conflicts.size() == 1);
  CHECK(lost.conflicts[0].reservation_id == held.reservation->id);
  CHECK(lost.conflicts[0].agent_id == ada);
  CHECK(lost.conflicts[0].path_pattern == "src/**");

  CHECK(value_of(server->reservations("p")).size() == 1);
  CHECK(code_of(server->release(held.reservation->id, bob)) == "not_reservation_owner");
  value_of(server->release(held.reservation->id, ada));
  CHECK(code_of(server->release(held.reservation->id, ada)) == "reservation_not_found");
  CHECK(value_of(server->reservations("p")).empty());
  CHECK(value_of(server->reserve(hold_of(bob, "src/main.cpp"))).reservation);
}

TEST_CASE_METHOD(rig, "more than a day is capped and a bad pattern refused", "[embed]") {
  auto wanted = hold_of(ada, "a");
  wanted.ttl = std::chrono::hours{48};
  const auto held = value_of(server->reserve(wanted));
  CHECK(held.ttl_capped);
  CHECK(held.reservation->expires_at - held.reservation->created_at == std::chrono::hours{24});
  CHECK(code_of(server->reserve(hold_of(ada, "a["))) == "invalid_pattern");
}

TEST_CASE_METHOD(rig, "many calls under way at once are each answered once", "[embed]") {
  std::vector<std::future<outcome<sent>>> coming;
  std::vector<std::thread> senders;
  std::mutex mutex;
  for (int t = 0; t < 4; ++t)
    senders.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        auto one = server->send(letter(ada, bob, std::to_string(t) + '.' + std::to_string(i)));
        const std::lock_guard guard{mutex};
        coming.push_back(std::move(one));
      }
    });
  for (auto& one : senders)
    one.join();
  for (auto& one : coming)
    value_of(std::move(one));
  CHECK(value_of(server->inbox(inbox_of(bob))).entries.size() == 100);
}

TEST_CASE_METHOD(rig, "what was answered is there after a restart", "[embed]") {
  value_of(server->send(letter(ada, bob, "m1")));
  server->stop();
  server = started(in_file(folder.file("x.db")));
  CHECK(value_of(server->inbox(inbox_of(bob))).entries.at(0).message.id == "m1");
}

TEST_CASE_METHOD(rig, "stopping answers the calls under way and refuses those after", "[embed]") {
  std::vector<std::future<outcome<sent>>> coming;
  for (int i = 0; i < 50; ++i)
    coming.push_back(server->send(letter(ada, bob, std::to_string(i))));
  server->stop(ceiling);
  server->stop(ceiling); // Twice is once.
  for (auto& one : coming)
    value_of(std::move(one));
  CHECK(code_of(server->send(letter(ada, bob, "late"))) == "shutting_down");
  CHECK(code_of(server->inbox(inbox_of(bob))) == "shutting_down");
  listener late;
  CHECK(code_of(server->subscribe(late.request(bob))) == "shutting_down");
}
