#include "tests/storage/support.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
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
  [[nodiscard]] std::string one_of(const texts& all) { return all[below(all.size())]; }
  [[nodiscard]] base::wall_time time() { return at_second(static_cast<std::int64_t>(below(1000))); }
  [[nodiscard]] std::string agent() { return "agent " + std::to_string(below(5)); }
  [[nodiscard]] std::string project() { return one_of({"", "p", "q"}); }
  [[nodiscard]] std::string thread() { return one_of({"", "t", "u", "v"}); }
  [[nodiscard]] std::string topic() { return one_of({"", "one", "two"}); }
  [[nodiscard]] std::string id() { return id_of(below(20)); }
  [[nodiscard]] std::string hold_id() { return id_of(below(60)); }
  [[nodiscard]] std::string scope() { return std::string(32, static_cast<char>(250 + below(12))); }
  /// Never before a time that an operation was given, as replies are deleted by their time.
  [[nodiscard]] base::wall_time later() {
    return at_second(now_ += static_cast<std::int64_t>(below(50)));
  }

  [[nodiscard]] storage::row_operation operation() {
    const auto choice = below(20);
    if (choice < 9)
      return message();
    if (choice < 13)
      return mark(id(), below(6) == 0 ? "" : agent(),
                  below(2) == 0 ? storage::mark_kind::read : storage::mark_kind::ack,
                  static_cast<std::int64_t>(below(1000)), project());
    switch (choice) {
    case 13:
      return storage::touch_agents{{{agent(), at_second(static_cast<std::int64_t>(below(99)))}}};
    case 14: return put_agent();
    case 15:
      return storage::set_contact{agent(), one_of({agent(), "stranger"}), below(3) != 0, time()};
    case 16:
    case 17: return put_reservation();
    case 18: return end_some();
    default: return put_replay();
    }
  }

private:
  [[nodiscard]] static std::string id_of(std::size_t number) {
    return number % 2 == 0 ? uuid(static_cast<int>(number)) : "id " + std::to_string(number);
  }

  [[nodiscard]] storage::row_operation message() {
    const auto number = below(40);
    auto made = letter(id_of(number), {}, project());
    made.from = below(8) == 0 ? "eve" : "agent " + std::to_string(number % 5);
    made.recipients = domain::recipients_of({agent(), agent()}, {agent()}, {agent()});
    made.recipients.resize(below(made.recipients.size() + 1));
    made.thread_id = thread();
    made.topic = topic();
    made.body = "body " + std::to_string(below(3));
    if (below(4) == 0)
      made.body += std::string(190 + below(8), 'b') + "\xF0\x9F\x98\x80";
    made.ack_required = below(2) == 0;
    made.created_at = time();
    return post(std::move(made), below(10) != 0);
  }

  [[nodiscard]] storage::row_operation put_agent() {
    auto made = agent_named(agent(), "session " + std::to_string(below(6)));
    made.project = one_of({project(), "agents only"});
    made.contacts = {"never stored"};
    if (below(3) == 0)
      made.retired_at = time();
    return storage::put_agent{made};
  }

  [[nodiscard]] storage::row_operation put_reservation() {
    auto made = hold(hold_id(), agent(), project());
    made.path_pattern = "src/" + std::to_string(below(9)) + "/**";
    made.exclusive = below(2) == 0;
    made.reason = one_of({"", "reason"});
    made.created_at = time();
    made.expires_at = time();
    return storage::put_reservation{made};
  }

  [[nodiscard]] storage::row_operation end_some() {
    const auto why = std::vector{domain::release_reason::released, domain::release_reason::expired,
                                 domain::release_reason::retired}[below(3)];
    if (below(3) == 0)
      return storage::end_reservations_of{agent(), why, time()};
    storage::end_reservations made{{}, why, time()};
    for (auto left = below(12); left > 0; --left)
      made.ids.push_back(hold_id());
    return made;
  }

  [[nodiscard]] storage::row_operation put_replay() {
    const auto at = later();
    return storage::put_replay{scope(), std::string(32, 'b'), "reply " + std::to_string(below(99)),
                               at, at + std::chrono::seconds{below(300)}};
  }

  std::mt19937_64 random_;
  std::int64_t now_ = 0;
};

// ---- What was answered, as text ---------------------------------------------------------------

std::string shown(std::uint64_t number) { return std::to_string(number) + " "; }
std::string shown(base::wall_time at) { return std::to_string(base::to_nanoseconds(at)) + " "; }
std::string shown(const std::string& text) { return "'" + text + "' "; }

template <class T>
std::string shown(const std::optional<T>& one);
template <class T>
std::string shown(const std::vector<T>& all);

std::string shown(const domain::message_ptr& one) {
  if (one == nullptr)
    return "none ";
  auto text = shown(one->project) + shown(one->id) + shown(one->thread_id) + shown(one->from)
              + shown(one->topic) + shown(one->body) + shown(std::uint64_t{one->ack_required})
              + shown(one->created_at);
  for (const auto& each : one->recipients)
    text += shown(each.agent) + std::string{to_string(each.kind)} + " ";
  return text;
}

std::string shown(const storage::inbox_entry& one) {
  return shown(one.at) + shown(one.message) + std::string{to_string(one.kind)} + " "
         + shown(one.read_at) + shown(one.ack_at);
}

std::string shown(const storage::placed_message& one) { return shown(one.at) + shown(one.message); }

std::string shown(const storage::thread_summary& one) {
  return shown(one.thread_id) + shown(one.last_cursor) + shown(one.message_count)
         + shown(one.last_from) + shown(one.last_body) + shown(one.last_at);
}

std::string shown(const domain::reservation& one) {
  return shown(one.id) + shown(one.agent_id) + shown(one.project) + shown(one.path_pattern)
         + shown(std::uint64_t{one.exclusive}) + shown(one.reason) + shown(one.created_at)
         + shown(one.expires_at) + shown(one.released_at)
         + std::string{one.ended ? to_string(*one.ended) : "open"};
}

std::string shown(const storage::event& one) {
  return shown(one.at) + std::string{to_string(one.kind)} + " " + shown(one.project)
         + shown(one.message_id) + shown(one.recipients) + shown(one.reservation_id)
         + shown(one.agent) + shown(one.path_pattern) + shown(one.created_at);
}

std::string shown(const storage::event_page& page) {
  return shown(page.high_water) + (page.more ? "more\n" : "\n") + shown(page.events);
}

std::string shown(const storage::inbox_snapshot& loaded) {
  return shown(loaded.tail) + shown(loaded.counts.total) + shown(loaded.counts.unread)
         + shown(loaded.high_water) + (loaded.complete ? "complete" : "part");
}

std::string shown(const domain::agent& one) {
  auto text = shown(one.id) + shown(one.session_id) + shown(one.project) + shown(one.last_seen)
              + shown(one.retired_at);
  for (const auto& each : one.contacts)
    text += shown(each);
  return text;
}

std::string shown(const storage::replay& one) { return shown(one.body) + shown(one.reply); }

std::string shown(const storage::project_summary& one) {
  return shown(one.project) + shown(one.agents);
}

// These know all of the above only here.
template <class T>
std::string shown(const std::optional<T>& one) {
  return one ? shown(*one) : "none ";
}

template <class T>
std::string shown(const std::vector<T>& all) {
  std::string text;
  for (const auto& one : all)
    text += shown(one) + "\n";
  return text;
}

std::string told(const base::result<storage::outcome>& done) {
  if (!done)
    return std::string{base::to_string(done.why().code)};
  if (const auto* put = std::get_if<storage::put_message_outcome>(&*done); put != nullptr) {
    auto text = shown(static_cast<std::uint64_t>(put->what)) + shown(put->at) + shown(put->added_at)
                + shown(put->message);
    for (const auto& one : put->added)
      text += shown(one.agent);
    return text;
  }
  if (const auto* marked = std::get_if<storage::mark_outcome>(&*done); marked != nullptr)
    return shown(marked->event_at) + shown(marked->entry_at)
           + shown(std::uint64_t{marked->first_time});
  if (const auto* held = std::get_if<storage::put_reservation_outcome>(&*done); held != nullptr)
    return shown(held->event_at);
  if (const auto* over = std::get_if<storage::end_reservations_outcome>(&*done); over != nullptr) {
    std::string text;
    for (const auto& one : over->ended)
      text += shown(one.event_at) + shown(one.reservation);
    return text;
  }
  return "done";
}

// ---- The same question to both ----------------------------------------------------------------

/// What `question` makes of the readers of both has to be the same.
template <class Question>
void ask_both(world& a, world& b, const Question& question) {
  REQUIRE(shown(value_of(question(a.reader()))) == shown(value_of(question(b.reader()))));
}

void compare_messages(random_traffic& draw, world& a, world& b) {
  const auto project = draw.project();
  const auto agent = draw.agent();
  const auto since = draw.below(3) == 0 ? 0 : draw.below(a.last + 3);
  const auto limit = static_cast<std::uint32_t>(1 + draw.below(30));
  storage::inbox_query wanted;
  if (draw.below(2) == 0)
    wanted.project = project;
  wanted.agent = agent;
  wanted.since = since;
  wanted.descending = draw.below(2) == 0;
  wanted.unread_only = draw.below(2) == 0;
  wanted.limit = limit;
  ask_both(a, b, [&](auto& from) { return from.inbox(wanted); });
  ask_both(a, b, [&](auto& from) { return from.events({project, agent, since, limit}); });
  ask_both(a, b, [&](auto& from) { return from.load_inbox(project, agent, limit); });
  const auto created_max = draw.time();
  ask_both(a, b, [&](auto& from) { return from.stale_acks(project, agent, created_max, limit); });
  const auto id = draw.id();
  ask_both(a, b, [&](auto& from) { return from.message(project, id); });
}

void compare_threads(random_traffic& draw, world& a, world& b) {
  const auto project = draw.project();
  const auto since = draw.below(3) == 0 ? 0 : draw.below(a.last + 3);
  const auto limit = static_cast<std::uint32_t>(1 + draw.below(9));
  const auto agent = draw.agent();
  ask_both(a, b, [&](auto& from) { return from.threads(project, agent, since, limit); });
  const auto thread = draw.thread();
  ask_both(a, b, [&](auto& from) { return from.thread(project, thread, since, limit); });
  const auto topic = draw.topic();
  ask_both(a, b, [&](auto& from) { return from.topic(project, topic, since, limit); });
  const texts agents{draw.agent(), "eve", draw.agent(), "unknown"};
  REQUIRE(value_of(a.reader().in_thread(project, thread, agents))
          == value_of(b.reader().in_thread(project, thread, agents)));
}

void compare_reservations(random_traffic& draw, world& a, world& b) {
  const auto project = draw.project();
  const auto agent = draw.agent();
  const auto id = draw.hold_id();
  const auto now = draw.time();
  ask_both(a, b, [&](auto& from) { return from.open_reservations(project); });
  ask_both(a, b, [&](auto& from) { return from.reservations_of(agent); });
  ask_both(a, b, [&](auto& from) { return from.find_reservation(id); });
  REQUIRE(value_of(a.reader().holds_any(agent, now)) == value_of(b.reader().holds_any(agent, now)));
  const auto projects = [](world& w) { // They may come in any order.
    auto found = value_of(w.reader().projects_with_reservations());
    std::sort(found.begin(), found.end());
    return found;
  };
  REQUIRE(projects(a) == projects(b));
}

void compare(random_traffic& draw, world& a, world& b) {
  compare_messages(draw, a, b);
  compare_threads(draw, a, b);
  compare_reservations(draw, a, b);
  ask_both(a, b, [](auto& from) { return from.agents(); });
  const auto scope = draw.scope();
  const auto now = draw.later();
  ask_both(a, b, [&](auto& from) { return from.find_replay(scope, now); });
  const auto after
    = draw.below(2) == 0 ? std::optional{draw.one_of({"", "b", "p", "q", "z"})} : std::nullopt;
  const auto limit = static_cast<std::uint32_t>(1 + draw.below(5));
  ask_both(a, b, [&](auto& from) { return from.projects(after, limit); });
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
