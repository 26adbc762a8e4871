#include "tests/storage/support.hpp"

namespace intermute::test {

using storage::mark_kind;
using outcome_kind = storage::put_message_outcome::kind;

namespace {

using threads = std::vector<storage::thread_summary>;
using bools = std::vector<bool>;

threads threads_of(world& w, const std::string& agent, const std::string& project = "p",
                   storage::cursor below = 0, std::uint32_t limit = 100) {
  return value_of(w.reader().threads(project, agent, below, limit));
}

/// The only thread of `agent` in the project p.
storage::thread_summary thread_of(world& w, const std::string& agent) {
  const auto found = threads_of(w, agent);
  REQUIRE(found.size() == 1);
  return found[0];
}

domain::message in_thread(std::string thread, std::string id, std::vector<std::string> to) {
  auto made = letter(std::move(id), std::move(to));
  made.thread_id = std::move(thread);
  return made;
}

domain::message on_topic(std::string topic, std::string id) {
  auto made = letter(std::move(id), {"ada"});
  made.topic = std::move(topic);
  return made;
}

/// Ids and cursors, such as `x@1`, in their order.
texts places(const std::vector<storage::placed_message>& found) {
  texts shown;
  for (const auto& one : found)
    shown.push_back(one.message->id + "@" + std::to_string(one.at));
  return shown;
}

texts thread(world& w, const std::string& id, storage::cursor since = 0, std::uint32_t limit = 100,
             const std::string& project = "p") {
  return places(value_of(w.reader().thread(project, id, since, limit)));
}

texts topic(world& w, const std::string& name, storage::cursor since = 0, std::uint32_t limit = 100,
            const std::string& project = "p") {
  return places(value_of(w.reader().topic(project, name, since, limit)));
}

bools members(world& w, const std::string& thread_id, const std::vector<std::string>& agents,
              const std::string& project = "p") {
  return value_of(w.reader().in_thread(project, thread_id, agents));
}

} // namespace

// ---- One message by its id --------------------------------------------------------------------

TEST_CASE("a message is found by its project and id", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("first", {"ada"}));
  for (const auto& id : {uuid(1), std::string{"x"}}) {
    auto sent = letter(id, {});
    sent.recipients = domain::recipients_of({"ada"}, {"bob"}, {"cyd"});
    const auto stored = w.store_post(sent);
    auto found = value_of(w.reader().message("p", id));
    REQUIRE(found.at == stored.at);
    REQUIRE(same(*found.message, sent));

    sent.body = "edited";
    sent.recipients.push_back({"late", domain::recipient_kind::to});
    w.store_post(sent);
    found = value_of(w.reader().message("p", id));
    REQUIRE(found.at == stored.at);
    REQUIRE(same(*found.message, sent));

    REQUIRE(value_of(w.reader().message("q", id)).message == nullptr);
  }
  w.store_mark(mark("only marked", "ada", mark_kind::read, 200, "marked"));
  REQUIRE(value_of(w.reader().message("p", "unknown")).message == nullptr);
  REQUIRE(value_of(w.reader().message("marked", "only marked")).message == nullptr);
}

// ---- The threads of an agent ------------------------------------------------------------------

TEST_CASE("a message counts in its thread once for the sender and once for each recipient",
          "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto sent = letter("x", {});
  sent.recipients = domain::recipients_of({"ada", "bob"}, {"cyd", "sender"}, {"dan"});
  w.store_post(sent);
  for (const auto* agent : {"sender", "ada", "bob", "cyd", "dan"}) {
    CAPTURE(agent);
    const auto found = thread_of(w, agent);
    REQUIRE(found.thread_id == "thread");
    REQUIRE(found.last_cursor == 1);
    REQUIRE(found.message_count == 1);
    REQUIRE(found.last_from == "sender");
    REQUIRE(found.last_body == "body");
    REQUIRE(found.last_at == at_second(100));
    REQUIRE(threads_of(w, agent, "q").empty());
  }
  REQUIRE(threads_of(w, "eve").empty());
}

TEST_CASE("a message without a thread is in none", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(in_thread("", "x", {"ada"}));
  w.store_post(in_thread("", "x", {"ada", "late"}));
  for (const auto* agent : {"sender", "ada", "late"})
    REQUIRE(threads_of(w, agent).empty());
  REQUIRE(thread(w, "").empty());
  REQUIRE(members(w, "", {"sender", "ada", "late"}) == bools{false, false, false});
}

TEST_CASE("a thread shows an agent the last of its own messages", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(in_thread("t", "x", {"ada", "bob"}));
  auto answer = in_thread("t", "y", {"sender", "bob"});
  answer.from = "ada";
  answer.body = "answer";
  answer.created_at = at_second(50); // Clocks may go back; cursors do not.
  w.store_post(answer);
  auto last = in_thread("t", "z", {"bob"});
  last.body = "last";
  last.created_at = at_second(300);
  w.store_post(last);

  REQUIRE(thread_of(w, "ada").message_count == 2);
  REQUIRE(thread_of(w, "ada").last_cursor == 2);
  REQUIRE(thread_of(w, "ada").last_from == "ada");
  REQUIRE(thread_of(w, "ada").last_body == "answer");
  REQUIRE(thread_of(w, "ada").last_at == at_second(50));
  for (const auto* agent : {"sender", "bob"}) {
    REQUIRE(thread_of(w, agent).message_count == 3);
    REQUIRE(thread_of(w, agent).last_cursor == 3);
    REQUIRE(thread_of(w, agent).last_from == "sender");
    REQUIRE(thread_of(w, agent).last_body == "last");
    REQUIRE(thread_of(w, agent).last_at == at_second(300));
  }
}

TEST_CASE("threads come last active first, in pages that leave nothing out", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  for (const auto* id : {"a", "b", "c", "d"})
    w.store_post(in_thread("of " + std::string{id}, id, {"ada"}));
  w.store_post(in_thread("of b", "again", {"ada"}));
  w.store_post(in_thread("of c", "not hers", {"bob"}));

  const auto shown = [](const threads& all) {
    texts found;
    for (const auto& one : all)
      found.push_back(one.thread_id + "@" + std::to_string(one.last_cursor));
    return found;
  };
  REQUIRE(shown(threads_of(w, "ada")) == texts{"of b@5", "of d@4", "of c@3", "of a@1"});
  REQUIRE(shown(threads_of(w, "bob")) == texts{"of c@6"});
  REQUIRE(shown(threads_of(w, "ada", "p", 0, 2)) == texts{"of b@5", "of d@4"});
  REQUIRE(shown(threads_of(w, "ada", "p", 4, 2)) == texts{"of c@3", "of a@1"});
  REQUIRE(shown(threads_of(w, "ada", "p", 5)) == texts{"of d@4", "of c@3", "of a@1"});
  REQUIRE(threads_of(w, "ada", "p", 1).empty());
  REQUIRE(threads_of(w, "ada", "p", 1'000'000).size() == 4);
}

TEST_CASE("one thread id in two projects names two threads", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}, "p"));
  w.store_post(letter("y", {"ada"}, ""));
  REQUIRE(threads_of(w, "ada", "p").at(0).last_cursor == 1);
  REQUIRE(threads_of(w, "ada", "").at(0).last_cursor == 2);
  REQUIRE(threads_of(w, "ada", "").at(0).message_count == 1);
  REQUIRE(thread(w, "thread", 0, 100, "") == texts{"y@2"});
}

TEST_CASE("an identical repeat is not counted in its thread", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  auto again = letter("x", {"ada"});
  again.thread_id = "another";
  REQUIRE(w.store_post(again).what == outcome_kind::identical);
  for (const auto* agent : {"sender", "ada"}) {
    REQUIRE(thread_of(w, agent).thread_id == "thread");
    REQUIRE(thread_of(w, agent).message_count == 1);
    REQUIRE(thread_of(w, agent).last_cursor == 1);
  }
}

TEST_CASE("an edited message shows its new content in the thread and is not counted again",
          "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  auto edited = letter("x", {"ada"});
  edited.thread_id = "another";
  edited.body = std::string(199, 'b') + "\xC3\x9C and more";
  edited.created_at = at_second(900);
  REQUIRE(w.store_post(edited).what == outcome_kind::changed);
  for (const auto* agent : {"sender", "ada"}) {
    const auto found = thread_of(w, agent);
    REQUIRE(found.thread_id == "thread");
    REQUIRE(found.message_count == 1);
    REQUIRE(found.last_cursor == 1);
    REQUIRE(found.last_body == std::string(199, 'b')); // Never half a character.
    REQUIRE(found.last_at == at_second(100));
  }
}

TEST_CASE("a late recipient has the thread from its own entry on", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));
  w.store_post(letter("y", {"ada"}));
  w.store_post(letter("x", {"late"})); // 3

  const auto late = thread_of(w, "late");
  REQUIRE(late.message_count == 1);
  REQUIRE(late.last_cursor == 3);
  REQUIRE(late.last_at == at_second(100));
  for (const auto* agent : {"sender", "ada"}) {
    REQUIRE(thread_of(w, agent).message_count == 2);
    REQUIRE(thread_of(w, agent).last_cursor == 2);
  }

  SECTION("who is the sender, counts the message once") {
    auto own = letter("x", {"sender"});
    own.body = "to myself";
    w.store_post(own); // 4
    REQUIRE(thread_of(w, "sender").message_count == 2);
    REQUIRE(thread_of(w, "sender").last_cursor == 4);
    REQUIRE(thread_of(w, "sender").last_body == "to myself");
  }
  SECTION("who already has later messages, counts one more and shows this one") {
    w.store_post(letter("z", {"bob"})); // 4
    auto more = letter("x", {"bob"});
    more.body = "x again";
    w.store_post(more); // 5
    REQUIRE(thread_of(w, "bob").message_count == 2);
    REQUIRE(thread_of(w, "bob").last_cursor == 5);
    REQUIRE(thread_of(w, "bob").last_body == "x again");
  }
}

// ---- The messages of a thread -----------------------------------------------------------------

TEST_CASE("a thread gives its messages in the order of their creation", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  for (const auto* id : {"a", "b", "c"}) {
    w.store_post(in_thread("t", id, {"ada", "bob"}));
    w.store_post(in_thread("other", std::string{id} + id, {"ada"}));
  }
  REQUIRE(thread(w, "t") == texts{"a@1", "b@3", "c@5"});
  REQUIRE(thread(w, "t", 1) == texts{"b@3", "c@5"});
  REQUIRE(thread(w, "t", 2, 1) == texts{"b@3"});
  REQUIRE(thread(w, "t", 5).empty());
  REQUIRE(thread(w, "t", 0, 2) == texts{"a@1", "b@3"});
  REQUIRE(thread(w, "unknown").empty());
  REQUIRE(thread(w, "t", 0, 100, "q").empty());
  REQUIRE(same(*value_of(w.reader().thread("p", "t", 1, 1)).at(0).message,
               in_thread("t", "b", {"ada", "bob"})));

  SECTION("an edit moves nothing") {
    auto edited = in_thread("t", "a", {"ada"});
    edited.body = "edited";
    w.store_post(edited);
    REQUIRE(thread(w, "t") == texts{"a@1", "b@3", "c@5"});
    REQUIRE(value_of(w.reader().thread("p", "t", 0, 1)).at(0).message->body == "edited");
  }
  SECTION("late recipients raise the cursor of the message and leave it in its place") {
    w.store_post(in_thread("t", "a", {"late"})); // 7
    w.store_post(in_thread("t", "b", {"late"})); // 8
    w.store_post(in_thread("t", "a", {"last"})); // 9
    REQUIRE(thread(w, "t") == texts{"a@9", "b@8", "c@5"});
    REQUIRE(thread(w, "t", 5) == texts{"a@9", "b@8"});
    REQUIRE(thread(w, "t", 5, 1) == texts{"a@9"});
    REQUIRE(thread(w, "t", 8, 1) == texts{"a@9"});
    REQUIRE(thread(w, "t", 9).empty());
  }
  SECTION("a limit counts what is above the cursor only") {
    w.store_post(in_thread("t", "c", {"late"})); // 7
    REQUIRE(thread(w, "t", 3, 1) == texts{"c@7"});
    REQUIRE(thread(w, "t", 5, 1) == texts{"c@7"});
  }
  SECTION("a message to nobody is in it at its own cursor") {
    w.store_post(in_thread("t", "d", {})); // 7
    REQUIRE(thread(w, "t", 5) == texts{"d@7"});
    REQUIRE(thread_of(w, "bob").last_cursor == 5);
    REQUIRE(threads_of(w, "sender").at(0).last_cursor == 7);
  }
}

TEST_CASE("who sent or received a message is in its thread", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto sent = in_thread("t", "x", {});
  sent.recipients = domain::recipients_of({"ada"}, {"bob"}, {"cyd"});
  w.store_post(sent);
  w.store_post(in_thread("other", "y", {"dan"}));
  REQUIRE(members(w, "t", {"dan", "cyd", "bob", "unknown", "ada", "sender", "ada"})
          == bools{false, true, true, false, true, true, true});
  REQUIRE(members(w, "t", {}).empty());
  REQUIRE(members(w, "unknown", {"ada", "sender"}) == bools{false, false});
  REQUIRE(members(w, "t", {"ada", "sender"}, "q") == bools{false, false});
  w.store_post(in_thread("t", "x", {"dan"}));
  REQUIRE(members(w, "t", {"dan"}) == bools{true});
}

// ---- Topics -----------------------------------------------------------------------------------

TEST_CASE("a topic gives its messages in the order of their first storing", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(on_topic("one", "a"));
  w.store_post(on_topic("two", "b"));
  w.store_post(on_topic("one", "c"));
  w.store_post(on_topic("", "d"));
  w.store_post(letter("e", {"ada"}, "q")); // 5, of another project.
  w.store_post(on_topic("one", "f"));
  REQUIRE(topic(w, "one") == texts{"a@1", "c@3", "f@6"});
  REQUIRE(topic(w, "one", 1) == texts{"c@3", "f@6"});
  REQUIRE(topic(w, "one", 1, 1) == texts{"c@3"});
  REQUIRE(topic(w, "one", 6).empty());
  REQUIRE(topic(w, "topic").empty());
  REQUIRE(topic(w, "topic", 0, 100, "q") == texts{"e@5"});
  REQUIRE(topic(w, "").empty());
  REQUIRE(topic(w, "one", 0, 100, "unknown").empty());

  SECTION("follows a message whose topic is changed") {
    w.store_post(on_topic("two", "a"));
    REQUIRE(topic(w, "one") == texts{"c@3", "f@6"});
    REQUIRE(topic(w, "two") == texts{"a@1", "b@2"});
    w.store_post(on_topic("", "a"));
    REQUIRE(topic(w, "two") == texts{"b@2"});
    w.store_post(on_topic("one", "d"));
    REQUIRE(topic(w, "one") == texts{"c@3", "d@4", "f@6"});
  }
  SECTION("late recipients do not move a message") {
    auto more = on_topic("one", "a");
    more.recipients.push_back({"late", domain::recipient_kind::to});
    w.store_post(more); // 7
    REQUIRE(topic(w, "one") == texts{"a@1", "c@3", "f@6"});
    REQUIRE(same(*value_of(w.reader().topic("p", "one", 0, 1)).at(0).message, more));
  }
}

TEST_CASE("threads and topics of a batch are seen once it is committed", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  require_ok(w.engine().begin());
  w.apply({post(letter("x", {"ada"})), post(letter("x", {"ada", "late"}))});
  REQUIRE(threads_of(w, "ada").empty());
  REQUIRE(thread(w, "thread").empty());
  REQUIRE(topic(w, "topic").empty());
  REQUIRE(members(w, "thread", {"ada", "sender"}) == bools{false, false});
  w.commit();
  REQUIRE(thread_of(w, "ada").last_cursor == 1);
  REQUIRE(thread_of(w, "late").last_cursor == 2);
  REQUIRE(thread(w, "thread") == texts{"x@2"});
  REQUIRE(topic(w, "topic") == texts{"x@1"});
  w.restart();
  REQUIRE(thread_of(w, "late").last_cursor == 2);
  REQUIRE(thread(w, "thread") == texts{"x@2"});
}

} // namespace intermute::test
