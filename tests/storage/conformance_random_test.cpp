#include "tests/storage/support.hpp"

#include <cstdlib>
#include <random>
#include <string>

namespace intermute::test {

namespace {

/// Draws operations and queries that often meet each other.
class random_traffic {
public:
  explicit random_traffic(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] std::size_t below(std::size_t count) {
    return static_cast<std::size_t>(random_() % count);
  }
  [[nodiscard]] std::string agent() { return "agent " + std::to_string(below(5)); }
  [[nodiscard]] std::string project() { return std::vector<std::string>{"", "p", "q"}[below(3)]; }
  [[nodiscard]] std::string id() {
    const auto number = static_cast<int>(below(20));
    return below(2) == 0 ? uuid(number) : "id " + std::to_string(number);
  }

  [[nodiscard]] storage::row_operation operation() {
    const auto choice = below(10);
    if (choice < 6)
      return message();
    if (choice < 9)
      return mark(id(), below(6) == 0 ? "" : agent(),
                  below(2) == 0 ? storage::mark_kind::read : storage::mark_kind::ack,
                  static_cast<std::int64_t>(below(1000)), project());
    if (below(2) == 0)
      return storage::touch_agents{{{agent(), at_second(static_cast<std::int64_t>(below(99)))}}};
    return storage::put_agent{agent_named(agent(), "session " + std::to_string(below(6)))};
  }

private:
  [[nodiscard]] storage::row_operation message() {
    auto made = letter(id(), {}, project());
    made.from = below(4) == 0 ? "eve" : "sender";
    made.recipients = domain::recipients_of({agent(), agent()}, {agent()}, {agent()});
    made.recipients.resize(below(made.recipients.size() + 1));
    made.body = "body " + std::to_string(below(3));
    made.created_at = at_second(static_cast<std::int64_t>(below(1000)));
    return post(std::move(made), below(10) != 0);
  }

  std::mt19937_64 random_;
};

std::string told(const base::result<storage::outcome>& done) {
  if (!done)
    return std::string{base::to_string(done.why().code)};
  if (const auto* put = std::get_if<storage::put_message_outcome>(&*done); put != nullptr) {
    auto text = std::to_string(static_cast<int>(put->what)) + " " + std::to_string(put->at) + " "
                + std::to_string(put->added_at);
    for (const auto& one : put->added)
      text += " " + one.agent;
    return text + " " + (put->message ? put->message->body : "none");
  }
  if (const auto* marked = std::get_if<storage::mark_outcome>(&*done); marked != nullptr)
    return std::to_string(marked->event_at) + " " + std::to_string(marked->entry_at) + " "
           + std::to_string(marked->first_time);
  return "done";
}

std::string shown(const base::result<std::vector<storage::inbox_entry>>& page) {
  std::string text;
  for (const auto& one : value_of(page)) {
    text += std::to_string(one.at) + " " + one.message->project + " " + one.message->id + " "
            + one.message->body + " " + std::to_string(static_cast<int>(one.kind)) + " "
            + std::to_string(base::to_nanoseconds(one.message->created_at));
    for (const auto& each : one.message->recipients)
      text += " " + each.agent + std::to_string(static_cast<int>(each.kind));
    text += one.read_at ? " read " + std::to_string(base::to_nanoseconds(*one.read_at)) : "";
    text += one.ack_at ? " ack " + std::to_string(base::to_nanoseconds(*one.ack_at)) : "";
    text += "\n";
  }
  return text;
}

std::string shown(const base::result<storage::event_page>& found) {
  const auto page = value_of(found);
  auto text = std::to_string(page.high_water) + (page.more ? " more\n" : "\n");
  for (const auto& one : page.events)
    text += std::to_string(one.at) + " " + std::to_string(static_cast<int>(one.kind)) + " "
            + one.project + " " + one.message_id + " " + std::to_string(one.recipients.size()) + " "
            + std::to_string(base::to_nanoseconds(one.created_at)) + "\n";
  return text;
}

std::string shown(const base::result<storage::inbox_snapshot>& found) {
  const auto loaded = value_of(found);
  return shown(base::result<std::vector<storage::inbox_entry>>{loaded.tail})
         + std::to_string(loaded.counts.total) + " " + std::to_string(loaded.counts.unread) + " "
         + std::to_string(loaded.high_water) + (loaded.complete ? " complete" : " part");
}

std::string shown(const base::result<std::vector<domain::agent>>& found) {
  std::string text;
  for (const auto& one : value_of(found))
    text += one.id + " " + one.session_id + " "
            + std::to_string(base::to_nanoseconds(one.last_seen)) + "\n";
  return text;
}

void compare(random_traffic& draw, world& a, world& b) {
  storage::inbox_query wanted;
  if (draw.below(2) == 0)
    wanted.project = draw.project();
  wanted.agent = draw.agent();
  wanted.since = draw.below(3) == 0 ? 0 : draw.below(a.last + 3);
  wanted.descending = draw.below(2) == 0;
  wanted.unread_only = draw.below(2) == 0;
  wanted.limit = static_cast<std::uint32_t>(1 + draw.below(30));
  REQUIRE(shown(a.reader().inbox(wanted)) == shown(b.reader().inbox(wanted)));
  const storage::event_query events{draw.project(), draw.agent(), wanted.since, wanted.limit};
  REQUIRE(shown(a.reader().events(events)) == shown(b.reader().events(events)));
  REQUIRE(shown(a.reader().load_inbox(events.project, events.agent, wanted.limit))
          == shown(b.reader().load_inbox(events.project, events.agent, wanted.limit)));
  REQUIRE(shown(a.reader().agents()) == shown(b.reader().agents()));
}

/// One change in a savepoint, undone when an operation fails or by chance.
void one_change(random_traffic& draw, world& a, world& b) {
  const auto before = a.last;
  require_ok(a.engine().savepoint());
  require_ok(b.engine().savepoint());
  bool undo = draw.below(4) == 0;
  for (auto left = 1 + draw.below(4); left > 0; --left) {
    const auto what = draw.operation();
    const auto done = a.engine().apply(what, a.last);
    REQUIRE(told(done) == told(b.engine().apply(what, b.last)));
    REQUIRE(a.last == b.last);
    undo = undo || !done;
  }
  require_ok(undo ? a.engine().rollback_to_savepoint() : a.engine().release_savepoint());
  require_ok(undo ? b.engine().rollback_to_savepoint() : b.engine().release_savepoint());
  if (undo)
    a.last = b.last = before;
}

} // namespace

TEST_CASE("both engines answer any traffic alike", "[store]") {
  const auto* chosen = std::getenv("INTERMUTE_SEED"); // To replay one.
  const auto seed = chosen != nullptr ? std::strtoull(chosen, nullptr, 10)
                                      : GENERATE(range(std::uint64_t{1}, std::uint64_t{21}));
  CAPTURE(seed);
  random_traffic draw{seed};
  world a{"memory"};
  world b{"sqlite"};
  for (int batch = 0; batch < 40; ++batch) {
    CAPTURE(batch);
    const auto before = a.last;
    require_ok(a.engine().begin());
    require_ok(b.engine().begin());
    for (auto changes = 1 + draw.below(6); changes > 0; --changes)
      one_change(draw, a, b);
    compare(draw, a, b); // In the middle of a batch nothing of it shows.
    if (draw.below(4) == 0) {
      require_ok(a.engine().rollback());
      require_ok(b.engine().rollback());
      a.last = b.last = before;
    } else {
      a.commit();
      b.commit();
    }
    if (draw.below(8) == 0) {
      a.restart();
      b.restart();
      REQUIRE(a.engine().state().batch == b.engine().state().batch);
      REQUIRE(a.engine().state().high_water == b.engine().state().high_water);
    }
    for (int i = 0; i < 5; ++i)
      compare(draw, a, b);
  }
  REQUIRE(value_of(b.store().verify(std::chrono::seconds{30})));
}

} // namespace intermute::test
