#include "tests/storage/support.hpp"

#include <limits>
#include <optional>

namespace intermute::test {

using storage::event_kind;
using storage::mark_kind;

namespace {

/// Ten messages to ada, cursors 1 to 10, in p, q, the empty project, p …; bob gets every one, too,
/// in a project of his own.
void fill(world& w) {
  const std::vector<std::string> projects{"p", "q", ""};
  for (int i = 0; i < 10; ++i)
    w.store_post(letter(uuid(i), {"ada"}, projects[static_cast<std::size_t>(i) % 3]));
  for (int i = 0; i < 10; ++i)
    w.store_post(letter(uuid(i), {"bob"}, "of bob"));
}

cursors found_by(world& w, const storage::inbox_query& wanted) {
  return cursors_of(value_of(w.reader().inbox(wanted)));
}

storage::inbox_query query(std::optional<std::string> project, storage::cursor since,
                           bool descending = false, bool unread = false,
                           std::uint32_t limit = 100) {
  return {std::move(project), "ada", since, descending, unread, limit};
}

} // namespace

TEST_CASE("pages of an inbox", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  fill(w);
  constexpr auto highest = std::numeric_limits<storage::cursor>::max();

  SECTION("of one project") {
    REQUIRE(found_by(w, query("p", 0)) == cursors{1, 4, 7, 10});
    REQUIRE(found_by(w, query("p", 4)) == cursors{7, 10});
    REQUIRE(found_by(w, query("p", 3)) == cursors{4, 7, 10});
    REQUIRE(found_by(w, query("p", 0, false, false, 2)) == cursors{1, 4});
    REQUIRE(found_by(w, query("p", 0, true)) == cursors{10, 7, 4, 1});
    REQUIRE(found_by(w, query("p", 7, true)) == cursors{4, 1});
    REQUIRE(found_by(w, query("p", 0, true, false, 3)) == cursors{10, 7, 4});
    REQUIRE(found_by(w, query("p", 1, true)).empty());
    REQUIRE(found_by(w, query("", 0)) == cursors{3, 6, 9});
    REQUIRE(found_by(w, query("unknown", 0)).empty());
    REQUIRE(found_by(w, query("p", highest)).empty());
    REQUIRE(found_by(w, query("p", highest, true)) == cursors{10, 7, 4, 1});
  }
  SECTION("of all projects, in the order of cursors") {
    REQUIRE(found_by(w, query({}, 0)) == cursors{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
    REQUIRE(found_by(w, query({}, 4, false, false, 3)) == cursors{5, 6, 7});
    REQUIRE(found_by(w, query({}, 0, true, false, 4)) == cursors{10, 9, 8, 7});
    REQUIRE(found_by(w, query({}, 4, true)) == cursors{3, 2, 1});
    REQUIRE(found_by(w, query({}, 10)).empty());
    REQUIRE(found_by(w, query({}, highest)).empty());
    const auto entries = value_of(w.reader().inbox(query({}, 1, false, false, 2)));
    REQUIRE(entries.at(0).message->project == "q");
    REQUIRE(entries.at(1).message->project.empty());
  }
  SECTION("unread only") {
    for (const auto& [number, project] :
         std::vector<std::pair<int, std::string>>{{0, "p"}, {1, "q"}, {6, "p"}})
      w.store_mark(mark(uuid(number), "ada", mark_kind::read, 500, project));
    w.store_mark(mark(uuid(3), "ada", mark_kind::ack, 500, "p")); // An ack is no read.
    REQUIRE(found_by(w, query("p", 0, false, true)) == cursors{4, 10});
    REQUIRE(found_by(w, query("p", 0, true, true, 1)) == cursors{10});
    REQUIRE(found_by(w, query({}, 0, false, true)) == cursors{3, 4, 5, 6, 8, 9, 10});
    REQUIRE(found_by(w, query({}, 9, true, true, 3)) == cursors{8, 6, 5});
  }
  SECTION("of an agent nobody wrote to") {
    storage::inbox_query wanted;
    wanted.agent = "nobody";
    REQUIRE(value_of(w.reader().inbox(wanted)).empty());
    wanted.project = "p";
    REQUIRE(value_of(w.reader().inbox(wanted)).empty());
  }
}

TEST_CASE("late entries stand at their own cursor in every page", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"bob"}));
  w.store_post(letter("y", {"ada"}));
  w.store_post(letter("x", {"ada"}));
  for (const std::optional<std::string>& project :
       {std::optional<std::string>{"p"}, std::optional<std::string>{}}) {
    const auto entries = value_of(w.reader().inbox(query(project, 0)));
    REQUIRE(cursors_of(entries) == cursors{2, 3});
    REQUIRE(entries[1].message->id == "x");
  }
}

TEST_CASE("limits outside 1 to 1000 are taken as the nearest", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  std::vector<storage::row_operation> many;
  for (int i = 0; i < 1010; ++i)
    many.push_back(post(letter(uuid(i), {"ada"}, i % 2 == 0 ? "p" : "q"), false));
  w.store_all(many);
  REQUIRE(found_by(w, query({}, 0, false, false, 5000)).size() == 1000);
  REQUIRE(found_by(w, query({}, 0, false, false, 0)) == cursors{1});
  REQUIRE(found_by(w, query("p", 0, true, false, 0)) == cursors{1009});
}

TEST_CASE("loading an inbox gives its tail, exact counts and the high water", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  fill(w);
  w.store_mark(mark(uuid(0), "ada", mark_kind::read, 500));
  w.store_mark(mark(uuid(6), "ada", mark_kind::read, 500));

  const auto part = value_of(w.reader().load_inbox("p", "ada", 3));
  REQUIRE(cursors_of(part.tail) == cursors{4, 7, 10});
  REQUIRE_FALSE(part.complete);
  REQUIRE(part.counts.total == 4);
  REQUIRE(part.counts.unread == 2);
  REQUIRE(part.high_water == 22);
  REQUIRE(part.tail[1].read_at == at_second(500));

  const auto all = value_of(w.reader().load_inbox("p", "ada", 4));
  REQUIRE(cursors_of(all.tail) == cursors{1, 4, 7, 10});
  REQUIRE(all.complete);

  const auto counts_only = value_of(w.reader().load_inbox("p", "ada", 0));
  REQUIRE(counts_only.tail.empty());
  REQUIRE(counts_only.counts.total == 4);
  REQUIRE_FALSE(counts_only.complete);

  const auto none = value_of(w.reader().load_inbox("p", "nobody", 4));
  REQUIRE(none.tail.empty());
  REQUIRE(none.complete);
  REQUIRE(none.counts.total == 0);
  REQUIRE(none.high_water == 22);
}

TEST_CASE("stale acks are the entries that want an acknowledgement and have none", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  const auto send = [&](const std::string& id, std::int64_t seconds, bool wanted = true) {
    auto made = letter(id, {});
    made.recipients = domain::recipients_of({"ada"}, {"bob"}, {"cyd"});
    made.created_at = at_second(seconds);
    made.ack_required = wanted;
    w.store_post(made);
  };
  const auto stale
    = [&](const std::string& agent, std::int64_t created_max = 1000, std::uint32_t limit = 100) {
        texts found;
        for (const auto& one :
             value_of(w.reader().stale_acks("p", agent, at_second(created_max), limit)))
          found.push_back(one.message->id + "@" + std::to_string(one.at));
        return found;
      };
  send("new", 300);           // 1
  send("old", 100);           // 2
  send("as old", 100);        // 3
  send("unasked", 50, false); // 4
  send("middle", 200);        // 5
  const texts all{"old@2", "as old@3", "middle@5", "new@1"};

  SECTION("of every kind, oldest message first") {
    for (const auto* agent : {"ada", "bob", "cyd"})
      REQUIRE(stale(agent) == all);
    const auto entry = value_of(w.reader().stale_acks("p", "cyd", at_second(100), 1)).at(0);
    REQUIRE(entry.kind == domain::recipient_kind::bcc);
    REQUIRE(entry.message->recipients.size() == 3);
    REQUIRE_FALSE(entry.read_at);
    REQUIRE(stale("sender").empty());
    REQUIRE(stale("unknown").empty());
    REQUIRE(value_of(w.reader().stale_acks("q", "ada", at_second(1000), 100)).empty());
  }
  SECTION("of messages that are old enough") {
    REQUIRE(stale("ada", 99).empty());
    REQUIRE(stale("ada", 100) == texts{"old@2", "as old@3"});
    REQUIRE(stale("ada", 299) == texts{"old@2", "as old@3", "middle@5"});
    REQUIRE(stale("ada", 300) == all);
    REQUIRE(stale("ada", 300, 2) == texts{"old@2", "as old@3"});
  }
  SECTION("but for those that this agent acknowledged") {
    w.store_mark(mark("old", "ada", mark_kind::ack, 400));
    w.store_mark(mark("old", "ada", mark_kind::ack, 500));
    w.store_mark(mark("middle", "ada", mark_kind::read, 400)); // A read is no ack.
    REQUIRE(stale("ada") == texts{"as old@3", "middle@5", "new@1"});
    REQUIRE(stale("bob") == all);
    const auto middle = value_of(w.reader().stale_acks("p", "ada", at_second(1000), 2)).at(1);
    REQUIRE(middle.read_at == at_second(400));
    w.restart();
    REQUIRE(stale("ada") == texts{"as old@3", "middle@5", "new@1"});
  }
  SECTION("and follow what the sender says of the message later") {
    w.store_mark(mark("old", "ada", mark_kind::ack, 400));
    w.store_mark(mark("unasked", "bob", mark_kind::ack, 400));
    send("old", 100, false);
    send("unasked", 50, true);
    REQUIRE(stale("ada") == texts{"unasked@4", "as old@3", "middle@5", "new@1"});
    REQUIRE(stale("bob") == texts{"as old@3", "middle@5", "new@1"});
    send("old", 100, true);
    REQUIRE(stale("ada") == texts{"unasked@4", "as old@3", "middle@5", "new@1"});
    REQUIRE(stale("bob") == all);
    send("unasked", 50, false);
    REQUIRE(stale("ada") == texts{"as old@3", "middle@5", "new@1"});
  }
  SECTION("late recipients have theirs from their own entry on") {
    auto late = letter("new", {"late"});
    late.created_at = at_second(900); // The message keeps its time.
    w.store_post(late);               // 6
    auto also = letter("unasked", {"late"});
    w.store_post(also); // 7: asked for now.
    REQUIRE(stale("late") == texts{"unasked@7", "new@6"});
    REQUIRE(stale("late", 300) == texts{"unasked@7", "new@6"});
    w.store_mark(mark("new", "late", mark_kind::ack, 950));
    REQUIRE(stale("late") == texts{"unasked@7"});
    REQUIRE(stale("bob").at(0) == "unasked@4");
    also.ack_required = false;
    w.store_post(also);
    REQUIRE(stale("late").empty());
  }
}

TEST_CASE("the event log as one agent sees it", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter(uuid(1), {"ada", "bob"}));                // 1
  w.store_post(letter("other", {"ada"}, "q"));                  // 2: not seen
  w.store_post(letter("global", {"ada"}, ""));                  // 3
  w.store_post(letter("hers not", {"bob"}));                    // 4: not seen
  w.store_mark(mark(uuid(1), "bob", mark_kind::read, 500));     // 5
  w.store_mark(mark("other", "ada", mark_kind::ack, 600, "q")); // 6: not seen
  w.store_mark(mark("global", "ada", mark_kind::ack, 700, "")); // 7
  auto late = letter("hers not", {"ada", "cyd"});
  late.created_at = at_second(800);
  w.store_post(late); // 8

  const auto page = value_of(w.reader().events({"p", "ada", 0, 100}));
  REQUIRE_FALSE(page.more);
  REQUIRE(page.high_water == 8);
  REQUIRE(page.events.size() == 5);
  const auto expect = [&](std::size_t i, storage::cursor at, event_kind kind,
                          const std::string& project, const std::string& id, std::int64_t seconds) {
    CAPTURE(i);
    const auto& one = page.events.at(i);
    REQUIRE(one.at == at);
    REQUIRE(one.kind == kind);
    REQUIRE(one.project == project);
    REQUIRE(one.message_id == id);
    REQUIRE(one.created_at == at_second(seconds));
    const bool created = kind == event_kind::message_created;
    REQUIRE(one.recipients
            == (created ? std::vector<std::string>{"ada"} : std::vector<std::string>{}));
  };
  expect(0, 1, event_kind::message_created, "p", uuid(1), 100);
  expect(1, 3, event_kind::message_created, "", "global", 100);
  expect(2, 5, event_kind::message_read, "p", uuid(1), 500);
  expect(3, 7, event_kind::message_ack, "", "global", 700);
  expect(4, 8, event_kind::message_created, "p", "hers not", 800);

  SECTION("goes on after a cursor") {
    const auto rest = value_of(w.reader().events({"p", "ada", 5, 100}));
    REQUIRE(rest.events.size() == 2);
    REQUIRE(rest.events[0].at == 7);
  }
  SECTION("comes in pages that leave nothing out") {
    cursors seen;
    storage::cursor since = 0;
    for (bool more = true; more;) {
      const auto next = value_of(w.reader().events({"p", "ada", since, 2}));
      for (const auto& one : next.events)
        seen.push_back(one.at);
      since = next.events.empty() ? since : next.events.back().at;
      more = next.more;
    }
    REQUIRE(seen == cursors{1, 3, 5, 7, 8});
  }
  SECTION("says exactly whether there is more") {
    REQUIRE_FALSE(value_of(w.reader().events({"p", "ada", 0, 5})).more);
    REQUIRE(value_of(w.reader().events({"p", "ada", 0, 4})).more);
  }
  SECTION("of the empty project is seen once") {
    const auto global = value_of(w.reader().events({"", "ada", 0, 100}));
    REQUIRE(global.events.size() == 2);
    REQUIRE(global.events[0].at == 3);
    REQUIRE(global.events[1].at == 7);
  }
  SECTION("of an unknown project still has the empty one") {
    REQUIRE(value_of(w.reader().events({"unknown", "ada", 0, 100})).events.size() == 2);
    REQUIRE(value_of(w.reader().events({"unknown", "unknown", 0, 100})).events.size() == 1);
  }
}

} // namespace intermute::test
