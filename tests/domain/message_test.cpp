#include "domain/inbox.hpp"
#include "domain/message.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <barrier>
#include <thread>
#include <utility>

namespace intermute::domain {
namespace {

using kind = recipient_kind;
using names = std::vector<std::string>;
using verdict = repost::verdict;

message stored_message() {
  message made;
  made.project = "p";
  made.id = "m-1";
  made.thread_id = "thread";
  made.from = "ada";
  made.recipients = {{"bob", kind::to}, {"cyd", kind::cc}};
  made.subject = "subject";
  made.topic = "topic";
  made.body = "body";
  made.importance = "normal";
  made.created_at = base::wall_time{std::chrono::seconds{100}};
  return made;
}

/// What a client posts again: later, and in another thread.
message posted_again() {
  auto made = stored_message();
  made.thread_id = "other thread";
  made.created_at = base::wall_time{std::chrono::seconds{200}};
  return made;
}

} // namespace

TEST_CASE("a recipient named twice keeps the first kind and the first place") {
  REQUIRE(
    recipients_of({"a", "b", "a"}, {"b", "c"}, {"c", "d", "a", "d"})
    == std::vector<recipient>{{"a", kind::to}, {"b", kind::to}, {"c", kind::cc}, {"d", kind::bcc}});
}

TEST_CASE("recipients keep the order in which they were named, and their case") {
  REQUIRE(recipients_of({"z", "Z"}, {}, {"a"})
          == std::vector<recipient>{{"z", kind::to}, {"Z", kind::to}, {"a", kind::bcc}});
  REQUIRE(recipients_of({}, {}, {}).empty());
}

TEST_CASE("agents are listed by how they were addressed") {
  const auto all = recipients_of({"a", "b"}, {"c"}, {"d", "e"});
  REQUIRE(agents_of(all, kind::to) == names{"a", "b"});
  REQUIRE(agents_of(all, kind::cc) == names{"c"});
  REQUIRE(agents_of(all, kind::bcc) == names{"d", "e"});
  REQUIRE(agents_of({}, kind::to).empty());
}

TEST_CASE("the wire has a word for every kind") {
  REQUIRE(to_string(kind::to) == "to");
  REQUIRE(to_string(kind::cc) == "cc");
  REQUIRE(to_string(kind::bcc) == "bcc");
  REQUIRE(to_string(event_kind::message_created) == "message.created");
  REQUIRE(to_string(event_kind::message_read) == "message.read");
  REQUIRE(to_string(event_kind::message_ack) == "message.ack");
}

TEST_CASE("a topic is trimmed and lower case") {
  REQUIRE(normal_topic(" \tBuild FAILED\u00a0\n") == "build failed");
  REQUIRE(normal_topic("\u00c4RGER") == "\u00c4rger");
  REQUIRE(normal_topic("  ").empty());
}

TEST_CASE("an id of another sender is taken") {
  auto wanted = posted_again();
  wanted.from = "eve";
  wanted.recipients.push_back({"eve", kind::to});
  const auto judged = judge_repost(stored_message(), wanted);
  REQUIRE(judged.what == verdict::taken);
  REQUIRE(judged.added.empty());
}

TEST_CASE("the same content again changes nothing, whatever its time and thread") {
  auto wanted = posted_again();
  SECTION("to the same recipients") {}
  SECTION("to fewer recipients") { wanted.recipients.pop_back(); }
  SECTION("to a recipient of another kind") { wanted.recipients = {{"cyd", kind::to}}; }
  const auto judged = judge_repost(stored_message(), wanted);
  REQUIRE(judged.what == verdict::identical);
  REQUIRE(judged.added.empty());
}

TEST_CASE("every part of the content counts as a change") {
  auto wanted = posted_again();
  SECTION("subject") { wanted.subject = "other"; }
  SECTION("body") { wanted.body = "other"; }
  SECTION("topic") { wanted.topic = "other"; }
  SECTION("importance") { wanted.importance = "high"; }
  SECTION("ack_required") { wanted.ack_required = true; }
  const auto judged = judge_repost(stored_message(), wanted);
  REQUIRE(judged.what == verdict::changed);
  REQUIRE(judged.added.empty());
  const auto& merged = judged.merged;
  REQUIRE(merged.subject == wanted.subject);
  REQUIRE(merged.body == wanted.body);
  REQUIRE(merged.topic == wanted.topic);
  REQUIRE(merged.importance == wanted.importance);
  REQUIRE(merged.ack_required == wanted.ack_required);
  REQUIRE(merged.project == "p");
  REQUIRE(merged.id == "m-1");
  REQUIRE(merged.from == "ada");
  REQUIRE(merged.thread_id == "thread");
  REQUIRE(merged.created_at == stored_message().created_at);
  REQUIRE(merged.recipients == stored_message().recipients);
}

TEST_CASE("new recipients are appended, known ones keep their kind") {
  auto wanted = posted_again();
  wanted.recipients = {{"dan", kind::to}, {"cyd", kind::to}, {"eve", kind::bcc}};
  const auto judged = judge_repost(stored_message(), wanted);
  REQUIRE(judged.what == verdict::changed);
  REQUIRE(judged.added == std::vector<recipient>{{"dan", kind::to}, {"eve", kind::bcc}});
  REQUIRE(judged.merged.recipients
          == std::vector<recipient>{
            {"bob", kind::to}, {"cyd", kind::cc}, {"dan", kind::to}, {"eve", kind::bcc}});
  REQUIRE(judged.merged.body == "body");
}

TEST_CASE("a lazy text is made once and then shared") {
  const lazy_text text;
  int made = 0;
  const auto make = [&] { return "text " + std::to_string(++made); };
  const auto& first = text.get(make);
  REQUIRE(first == "text 1");
  REQUIRE(&text.get(make) == &first);
  REQUIRE(made == 1);
}

TEST_CASE("a copy begins without the text of its model") {
  message model = stored_message();
  REQUIRE(model.rendered.get([] { return std::string{"old"}; }) == "old");
  const message copy = model;
  REQUIRE(copy.rendered.get([] { return std::string{"new"}; }) == "new");
  REQUIRE(model.rendered.get([] { return std::string{"newer"}; }) == "old");
  model = copy;
  REQUIRE(model.rendered.get([] { return std::string{"newest"}; }) == "newest");
}

TEST_CASE("two threads that ask first get one and the same text") {
  for (int round = 0; round < 200; ++round) {
    const lazy_text text;
    std::barrier start{2};
    std::array<const std::string*, 2> got{};
    const auto ask = [&](std::size_t who) {
      got[who] = &text.get([&] {
        start.arrive_and_wait(); // Both are inside: none has found a text.
        return "made by " + std::to_string(who);
      });
    };
    std::thread other{ask, 1};
    ask(0);
    other.join();
    REQUIRE(got[0] == got[1]);
    REQUIRE((*got[0] == "made by 0" || *got[0] == "made by 1"));
  }
}

} // namespace intermute::domain
