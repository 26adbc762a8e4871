#include "bench/load/audit.hpp"

#include <catch2/catch.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace intermute::bench;

namespace {

options small_run() {
  options run;
  run.server = {"127.0.0.1", "1"};
  run.connections = 2;
  run.recipients = 4;
  run.fanout = 2;
  return run;
}

/// Two connections that sent three messages each, in turn, every message to two of four inboxes.
/// Inbox 0 then holds, in this order: (0, 0), (1, 1), (0, 2) as (connection, number).
struct fixture {
  using counts = std::map<std::string, std::uint64_t>;

  fixture() {
    for (std::uint64_t number = 0; number < 3; ++number)
      for (std::size_t connection = 0; connection < 2; ++connection)
        deliver({connection, number});
  }

  void deliver(const message_name& message) {
    ++cursor;
    sent[message.connection].sent(message.number);
    sent[message.connection].accepted(message.number, cursor);
    for (std::size_t nth = 0; nth < plan.run().fanout; ++nth)
      inboxes[plan.recipient_of(message, nth)].push_back(
        {plan.message_id(message), cursor, plan.body(plan.message_id(message))});
  }

  counts found() {
    const std::vector<const ledger*> ledgers{&sent[0], &sent[1]};
    audit check{plan, ledgers};
    for (std::size_t recipient = 0; recipient < plan.run().recipients; ++recipient) {
      check.open_inbox(0, recipient);
      for (const auto& entry : inboxes[recipient])
        check.see(entry);
    }
    return check.finish().by_kind();
  }

  request_plan plan{small_run(), "01234567"};
  std::vector<ledger> sent{2};
  std::uint64_t cursor = 0;
  std::map<std::size_t, std::vector<inbox_entry>> inboxes;
};

} // namespace

SCENARIO_METHOD(fixture, "whole inboxes pass the audit", "[bench][audit]") {
  REQUIRE(found().empty());
  inboxes[0].push_back({"a message of somebody else", 100, "hello"});
  REQUIRE(found().empty());
}

SCENARIO_METHOD(fixture, "an accepted message that is not there is missing", "[bench][audit]") {
  inboxes[0].erase(inboxes[0].begin());
  REQUIRE(found() == counts{{"missing", 1}});
}

SCENARIO_METHOD(fixture, "an entry that comes again is doubled", "[bench][audit]") {
  inboxes[0].push_back({inboxes[0].front().id, 100, inboxes[0].front().body});
  REQUIRE(found() == counts{{"doubled", 1}});
}

SCENARIO_METHOD(fixture, "cursors that do not grow are found", "[bench][audit]") {
  std::swap(inboxes[0][0], inboxes[0][1]);
  REQUIRE(found() == counts{{"cursor out of order", 1}});
}

SCENARIO_METHOD(fixture, "two messages of one sender must keep their order", "[bench][audit]") {
  std::swap(inboxes[0][0].id, inboxes[0][2].id);
  std::swap(inboxes[0][0].body, inboxes[0][2].body);
  REQUIRE(found() == counts{{"cursor differs", 2}, {"message out of order", 1}});
}

SCENARIO_METHOD(fixture, "an inbox must not hold what is meant for others", "[bench][audit]") {
  inboxes[3].insert(inboxes[3].begin(), inboxes[0].front());
  REQUIRE(found() == counts{{"delivered to a stranger", 1}});
}

SCENARIO_METHOD(fixture, "a refused message must be nowhere", "[bench][audit]") {
  sent[0].refused(0);
  REQUIRE(found() == counts{{"refused but stored", 2}});
  for (auto& [recipient, entries] : inboxes)
    std::erase_if(entries, [&](const auto& x) { return x.id == plan.message_id({0, 0}); });
  REQUIRE(found().empty());
}

SCENARIO_METHOD(fixture, "a message in doubt is everywhere or nowhere", "[bench][audit]") {
  sent[0].accepted(0, 0); // As if no answer had come.
  REQUIRE(found().empty());
  inboxes[0].erase(inboxes[0].begin());
  REQUIRE(found() == counts{{"torn", 1}});
  inboxes[1].erase(inboxes[1].begin());
  REQUIRE(found().empty());
}

SCENARIO_METHOD(fixture, "a message id beyond what was sent is found", "[bench][audit]") {
  inboxes[0].push_back({plan.message_id({0, 3}), 100, {}});
  inboxes[0].push_back({plan.message_id({7, 0}), 101, {}});
  REQUIRE(found() == counts{{"never sent", 2}});
}

SCENARIO_METHOD(fixture, "a body that is not what was sent is corrupt", "[bench][audit]") {
  inboxes[0][0].body.back() = 'y';
  REQUIRE(found() == counts{{"corrupt", 1}});
}
