#include "tests/storage/support.hpp"

#include <algorithm>

namespace intermute::test {

using storage::mark_kind;
using outcome_kind = storage::put_message_outcome::kind;

TEST_CASE("a message comes back from every recipient's inbox as it was stored", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto sent = letter(uuid(1), {});
  sent.recipients = domain::recipients_of({"ada", "bob"}, {"cyd"}, {"dan"});
  sent.subject = std::string{"a\0b", 3};
  sent.body = "Ünïcode \xF0\x9F\x98\x80";
  sent.ack_required = false;
  sent.created_at = base::from_nanoseconds(1'234'567'890'123'456'789);
  const auto stored = w.store_post(sent);
  REQUIRE(stored.what == outcome_kind::stored);
  REQUIRE(stored.at == 1);
  REQUIRE(stored.added_at == 0);
  REQUIRE(same(*stored.message, sent));
  REQUIRE(w.last == 1);
  for (const auto& one : sent.recipients) {
    const auto entries = w.inbox(one.agent);
    REQUIRE(entries.size() == 1);
    REQUIRE(entries[0].at == 1);
    REQUIRE(entries[0].kind == one.kind);
    REQUIRE_FALSE(entries[0].read_at);
    REQUIRE_FALSE(entries[0].ack_at);
    REQUIRE(same(*entries[0].message, sent));
  }
  REQUIRE(w.inbox("sender").empty());
  REQUIRE(w.inbox("ada", "other").empty());
}

TEST_CASE("ids of every form are told apart", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  std::string upper = "0190A5B0-0000-7000-8000-ABCDEFABCDEF";
  std::string lower = "0190a5b0-0000-7000-8000-abcdefabcdef";
  std::string raw{"\x01\x90\xA5\xB0\x00\x00\x70\x00\x80\x00\xAB\xCD\xEF\xAB\xCD\xEF", 16};
  const std::vector<std::string> ids{upper, lower, raw, "", "x", std::string(2000, 'y')};
  for (const auto& id : ids)
    REQUIRE(w.store_post(letter(id, {"ada"})).what == outcome_kind::stored);
  for (const auto& id : ids)
    REQUIRE(w.store_post(letter(id, {"ada"})).what == outcome_kind::identical);
  const auto entries = w.inbox("ada");
  REQUIRE(entries.size() == ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i)
    REQUIRE(entries[i].message->id == ids[i]);
}

TEST_CASE("one id in two projects names two messages", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  REQUIRE(w.store_post(letter("x", {"ada"}, "p")).what == outcome_kind::stored);
  REQUIRE(w.store_post(letter("x", {"ada"}, "")).what == outcome_kind::stored);
  REQUIRE(cursors_of(w.inbox("ada", "p")) == cursors{1});
  REQUIRE(cursors_of(w.inbox("ada", "")) == cursors{2});
}

TEST_CASE("a repeat of the same content changes nothing and takes no cursor", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter(uuid(1), {"ada"}));
  auto again = letter(uuid(1), {"ada"});
  again.thread_id = "another";
  again.created_at = at_second(900);
  const auto repeated = w.store_post(again);
  REQUIRE(repeated.what == outcome_kind::identical);
  REQUIRE(repeated.at == 1);
  REQUIRE(repeated.message->thread_id == "thread");
  REQUIRE(w.last == 1);
  REQUIRE(same(*w.inbox("ada").at(0).message, letter(uuid(1), {"ada"})));
}

TEST_CASE("a repeat inside one batch is seen", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  const auto found = w.store_all({post(letter("x", {"ada"})), post(letter("x", {"ada"}))});
  REQUIRE(std::get<storage::put_message_outcome>(found[1]).what == outcome_kind::identical);
}

TEST_CASE("the same sender replaces the content; thread, time and recipients stay", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter(uuid(1), {"ada", "bob"}));
  w.store_mark(mark(uuid(1), "ada", mark_kind::read, 200));
  auto edited = letter(uuid(1), {"ada"});
  edited.subject = "new subject";
  edited.topic = "";
  edited.body = std::string(100'000, 'b');
  edited.importance = "high";
  edited.ack_required = false;
  edited.thread_id = "another";
  edited.created_at = at_second(900);
  const auto changed = w.store_post(edited);
  REQUIRE(changed.what == outcome_kind::changed);
  REQUIRE(changed.at == 1);
  REQUIRE(changed.added_at == 0);
  REQUIRE(changed.added.empty());
  REQUIRE(w.last == 2); // One for the mark.
  auto expected = edited;
  expected.thread_id = "thread";
  expected.created_at = at_second(100);
  expected.recipients = domain::recipients_of({"ada", "bob"}, {}, {});
  REQUIRE(same(*changed.message, expected));
  REQUIRE(same(*w.inbox("bob").at(0).message, expected));
  const auto ada = w.inbox("ada").at(0);
  REQUIRE(same(*ada.message, expected));
  REQUIRE(ada.read_at == at_second(200));
}

TEST_CASE("another sender cannot take an id", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  auto foreign = letter("x", {"ada", "eve"});
  foreign.from = "eve";
  const auto refused = w.store_post(foreign);
  REQUIRE(refused.what == outcome_kind::taken);
  REQUIRE(refused.message == nullptr);
  REQUIRE(w.last == 1);
  REQUIRE(w.inbox("eve").empty());
  REQUIRE(same(*w.inbox("ada").at(0).message, letter("x", {"ada"})));
}

TEST_CASE("late recipients share one new cursor", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  w.store_post(letter("y", {"ada"}));
  auto more = letter("x", {"bob", "ada", "cyd"});
  more.created_at = at_second(300);
  const auto changed = w.store_post(more);
  REQUIRE(changed.what == outcome_kind::changed);
  REQUIRE(changed.at == 1);
  REQUIRE(changed.added_at == 3);
  REQUIRE(changed.added
          == std::vector<domain::recipient>{{"bob", domain::recipient_kind::to},
                                            {"cyd", domain::recipient_kind::to}});
  REQUIRE(w.last == 3);
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 2});
  for (const auto* agent : {"bob", "cyd"}) {
    const auto entries = w.inbox(agent);
    REQUIRE(cursors_of(entries) == cursors{3});
    REQUIRE(entries[0].message->id == "x");
    REQUIRE(entries[0].message->recipients.size() == 3);
    REQUIRE(entries[0].message->created_at == at_second(100));
  }
  REQUIRE(w.inbox("ada")[0].message->recipients.size() == 3);

  SECTION("and are no longer new the next time") {
    REQUIRE(w.store_post(more).what == outcome_kind::identical);
    REQUIRE(w.last == 3);
  }
  SECTION("and mark their own entry") {
    const auto marked = w.store_mark(mark("x", "cyd", mark_kind::read, 400));
    REQUIRE(marked.entry_at == 3);
    REQUIRE(marked.first_time);
    REQUIRE(w.inbox("cyd")[0].read_at == at_second(400));
    REQUIRE_FALSE(w.inbox("bob")[0].read_at);
  }
  SECTION("and a second wave gets a cursor of its own") {
    const auto again = w.store_post(letter("x", {"dan"}));
    REQUIRE(again.added_at == 4);
    REQUIRE(w.store_mark(mark("x", "dan", mark_kind::ack, 400)).entry_at == 4);
    REQUIRE(w.store_mark(mark("x", "bob", mark_kind::ack, 400)).entry_at == 3);
    REQUIRE(w.store_mark(mark("x", "ada", mark_kind::ack, 400)).entry_at == 1);
    REQUIRE(w.inbox("dan")[0].message->recipients.size() == 4);
  }
}

TEST_CASE("a message without recipients is stored and found again by its id", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  REQUIRE(w.store_post(letter("x", {})).what == outcome_kind::stored);
  REQUIRE(w.store_post(letter("x", {})).what == outcome_kind::identical);
  REQUIRE(w.store_post(letter("x", {"ada"})).added_at == 2);
}

TEST_CASE("a new id that is not new is an error", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  require_ok(w.engine().begin());
  const auto again = w.engine().apply(post(letter("x", {"ada"}), false), w.last);
  REQUIRE_FALSE(again);
  REQUIRE(again.why().code == base::errc::internal);
  REQUIRE(w.last == 1);
  require_ok(w.engine().rollback());
}

TEST_CASE("the first mark wins and every mark is an event", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada", "bob"}));
  const auto first = w.store_mark(mark("x", "ada", mark_kind::read, 200));
  REQUIRE(first.event_at == 2);
  REQUIRE(first.entry_at == 1);
  REQUIRE(first.first_time);
  const auto second = w.store_mark(mark("x", "ada", mark_kind::read, 300));
  REQUIRE(second.event_at == 3);
  REQUIRE(second.entry_at == 1);
  REQUIRE_FALSE(second.first_time);
  const auto ack = w.store_mark(mark("x", "ada", mark_kind::ack, 400));
  REQUIRE(ack.first_time);
  const auto entry = w.inbox("ada").at(0);
  REQUIRE(entry.read_at == at_second(200));
  REQUIRE(entry.ack_at == at_second(400));
  REQUIRE_FALSE(w.inbox("bob").at(0).read_at);
}

TEST_CASE("marks that name nothing are events all the same", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  const auto what
    = GENERATE(values({std::pair{"x", ""}, std::pair{"x", "stranger"}, std::pair{"no", "ada"}}));
  const auto found = w.store_mark(mark(what.first, what.second, mark_kind::ack, 200));
  REQUIRE(found.event_at == 2);
  REQUIRE(found.entry_at == 0);
  REQUIRE_FALSE(found.first_time);
  REQUIRE_FALSE(w.inbox("ada").at(0).ack_at);
  const auto page = value_of(w.reader().events({"p", "nobody", 0, 10}));
  REQUIRE(page.events.size() == 1);
  REQUIRE(page.events[0].kind == storage::event_kind::message_ack);
  REQUIRE(page.events[0].message_id == what.first);
}

TEST_CASE("an agent comes back as it was stored", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto full = agent_named("full", "session-1");
  full.capabilities = std::vector<std::string>{"a \"quoted\"", "", "Ünï\n"};
  full.metadata = std::map<std::string, std::string>{{"k", "v"}, {"", "\x01"}};
  full.policy = domain::contact_policy::block_all;
  full.live_policy = domain::contact_policy::automatic;
  auto bare = agent_named("bare", "");
  auto empty = agent_named("empty", "");
  empty.capabilities.emplace();
  empty.metadata.emplace();
  w.store_all({storage::put_agent{full}, storage::put_agent{bare}, storage::put_agent{empty}});
  const auto found = value_of(w.reader().agents());
  REQUIRE(found.size() == 3);
  REQUIRE(found[0].id == "full");
  REQUIRE(found[0].session_id == "session-1");
  REQUIRE(found[0].name == "name");
  REQUIRE(found[0].project == "p");
  REQUIRE(found[0].token_hash == full.token_hash);
  REQUIRE(found[0].capabilities == full.capabilities);
  REQUIRE(found[0].metadata == full.metadata);
  REQUIRE(found[0].status == "active");
  REQUIRE(found[0].policy == full.policy);
  REQUIRE(found[0].live_policy == full.live_policy);
  REQUIRE(found[0].created_at == at_second(10));
  REQUIRE(found[0].last_seen == at_second(20));
  REQUIRE(found[1].id == "bare");
  REQUIRE(found[1].session_id.empty());
  REQUIRE_FALSE(found[1].capabilities);
  REQUIRE_FALSE(found[1].metadata);
  REQUIRE(found[2].capabilities->empty());
  REQUIRE(found[2].metadata->empty());
}

TEST_CASE("putting an agent again replaces all of it and keeps its place", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  auto first = agent_named("one", "s1");
  first.metadata.emplace();
  w.store_all({storage::put_agent{first}, storage::put_agent{agent_named("two", "s2")}});
  auto again = agent_named("one", "s3");
  again.name = "renamed";
  again.last_seen = at_second(5);
  w.store_all({storage::put_agent{again}});
  const auto found = value_of(w.reader().agents());
  REQUIRE(found.size() == 2);
  REQUIRE(found[0].id == "one");
  REQUIRE(found[0].session_id == "s3");
  REQUIRE(found[0].name == "renamed");
  REQUIRE_FALSE(found[0].metadata);
  REQUIRE(found[0].last_seen == at_second(5));
}

TEST_CASE("a session belongs to one agent", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_all({storage::put_agent{agent_named("one", "s1")}});
  require_ok(w.engine().begin());
  const auto taken = w.engine().apply(storage::put_agent{agent_named("two", "s1")}, w.last);
  REQUIRE_FALSE(taken);
  REQUIRE(taken.why().code == base::errc::internal);
  require_ok(w.engine().rollback());
}

TEST_CASE("last_seen only grows", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_all({storage::put_agent{agent_named("one", "s1")}});
  w.store_all({storage::touch_agents{{{"one", at_second(50)}, {"unknown", at_second(50)}}}});
  REQUIRE(value_of(w.reader().agents()).at(0).last_seen == at_second(50));
  w.store_all({storage::touch_agents{{{"one", at_second(40)}}}});
  REQUIRE(value_of(w.reader().agents()).at(0).last_seen == at_second(50));
}

} // namespace intermute::test
