#include "tests/storage/support.hpp"

#include <algorithm>

namespace intermute::test {

using domain::release_reason;
using storage::end_reservations;
using storage::end_reservations_of;
using storage::event_kind;

namespace {

texts ids_of(const std::vector<domain::reservation>& all) {
  texts found;
  for (const auto& one : all)
    found.push_back(one.id);
  return found;
}

/// Ids and the cursors of their events, such as `h@1`, in their order.
texts ended_by(const storage::end_reservations_outcome& outcome) {
  texts found;
  for (const auto& one : outcome.ended)
    found.push_back(one.reservation.id + "@" + std::to_string(one.event_at));
  return found;
}

texts open_in(world& w, const std::string& project) {
  return ids_of(value_of(w.reader().open_reservations(project)));
}

domain::reservation stored(world& w, const std::string& id) {
  const auto found = value_of(w.reader().find_reservation(id));
  REQUIRE(found);
  return *found;
}

/// The events of `project` as somebody sees them who got no message.
std::vector<storage::event> events_in(world& w, const std::string& project) {
  return value_of(w.reader().events({project, "nobody", 0, 100})).events;
}

domain::reservation ended(domain::reservation was, release_reason why, std::int64_t seconds) {
  was.released_at = at_second(seconds);
  was.ended = why;
  return was;
}

/// Four holds at the cursors 1 to 4: a and b of ada in p, c of ada in q, d of bob in p.
void fill(world& w) {
  w.store_all(
    {storage::put_reservation{hold("a", "ada")}, storage::put_reservation{hold("b", "ada")},
     storage::put_reservation{hold("c", "ada", "q")}, storage::put_reservation{hold("d", "bob")}});
}

} // namespace

TEST_CASE("a reservation comes back as it was stored, with its event", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto first = hold(uuid(1), "ada", "");
  first.path_pattern = "Ünï/**/{a,b}\n";
  first.exclusive = false;
  first.reason = "";
  first.created_at = base::from_nanoseconds(1'234'567'890'123'456'789);
  first.expires_at = base::from_nanoseconds(1'234'567'890'123'456'790);
  const auto second = hold("free text", "bob", "p");
  REQUIRE(w.store_hold(first).event_at == 1);
  REQUIRE(w.store_hold(second).event_at == 2);
  REQUIRE(w.last == 2);
  for (const auto& one : {first, second}) {
    REQUIRE(same(stored(w, one.id), one));
    REQUIRE(same(value_of(w.reader().open_reservations(one.project)).at(0), one));
    REQUIRE(same(value_of(w.reader().reservations_of(one.agent_id)).at(0), one));
  }
  REQUIRE_FALSE(value_of(w.reader().find_reservation("unknown")));

  const auto events = events_in(w, "p");
  REQUIRE(events.size() == 2);
  REQUIRE(events[0].at == 1);
  REQUIRE(events[0].kind == event_kind::reservation_created);
  REQUIRE(events[0].project.empty());
  REQUIRE(events[0].reservation_id == first.id);
  REQUIRE(events[0].agent == "ada");
  REQUIRE(events[0].path_pattern == first.path_pattern);
  REQUIRE(events[0].created_at == first.created_at);
  REQUIRE(events[0].message_id.empty());
  REQUIRE(events[0].recipients.empty());
  REQUIRE(events[1].at == 2);
  REQUIRE(events[1].project == "p");
  REQUIRE(events[1].reservation_id == "free text");
  REQUIRE(events[1].agent == "bob");
}

TEST_CASE("a new reservation whose id is not new is an error", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_hold(hold("h", "ada"));
  require_ok(w.engine().begin());
  const auto again = w.engine().apply(storage::put_reservation{hold("h", "bob", "other")}, w.last);
  REQUIRE_FALSE(again);
  REQUIRE(again.why().code == base::errc::internal);
  REQUIRE(w.last == 1);
  require_ok(w.engine().rollback());
  REQUIRE(same(stored(w, "h"), hold("h", "ada")));
}

TEST_CASE("open reservations are listed in the order of their creation", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto early = hold("z", "ada");
  early.created_at = at_second(500);
  auto over = hold("y", "bob"); // Its time is over long before the next one is made.
  over.expires_at = at_second(101);
  w.store_hold(early);
  w.store_hold(over);
  w.store_hold(hold("x", "ada", "q"));
  w.store_hold(hold("w", "ada"));
  REQUIRE(open_in(w, "p") == texts{"z", "y", "w"});
  REQUIRE(open_in(w, "q") == texts{"x"});
  REQUIRE(open_in(w, "").empty());
  REQUIRE(open_in(w, "unknown").empty());
  w.store_end(end_reservations{{"y"}, release_reason::expired, at_second(600)});
  REQUIRE(open_in(w, "p") == texts{"z", "w"});
}

TEST_CASE("ending reservations ends the open ones that are named, each with an event", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  fill(w);
  const auto [why, kind] = GENERATE(table<release_reason, event_kind>(
    {{release_reason::released, event_kind::reservation_released},
     {release_reason::expired, event_kind::reservation_expired},
     {release_reason::retired, event_kind::reservation_released}}));
  const auto outcome
    = w.store_end(end_reservations{{"d", "unknown", "c", "d"}, why, at_second(150)});
  REQUIRE(ended_by(outcome) == texts{"d@5", "c@6"});
  REQUIRE(w.last == 6);
  REQUIRE(same(outcome.ended[0].reservation, ended(hold("d", "bob"), why, 150)));
  REQUIRE(same(stored(w, "d"), outcome.ended[0].reservation));
  REQUIRE(same(stored(w, "c"), ended(hold("c", "ada", "q"), why, 150)));
  REQUIRE(same(stored(w, "a"), hold("a", "ada")));
  REQUIRE(open_in(w, "p") == texts{"a", "b"});
  REQUIRE(open_in(w, "q").empty());

  const auto event = events_in(w, "p").back();
  REQUIRE(event.at == 5);
  REQUIRE(event.kind == kind);
  REQUIRE(event.reservation_id == "d");
  REQUIRE(event.agent == "bob");
  REQUIRE(event.path_pattern == "src/*.go");
  REQUIRE(event.message_id.empty());
  REQUIRE(event.created_at == at_second(150));

  SECTION("once and for all") {
    const auto again
      = w.store_end(end_reservations{{"d", "a"}, release_reason::released, at_second(160)});
    REQUIRE(ended_by(again) == texts{"a@7"});
    REQUIRE(same(stored(w, "d"), ended(hold("d", "bob"), why, 150)));
  }
  SECTION("with nothing to end there is nothing to tell") {
    REQUIRE(w.store_end(end_reservations{{"d", "no"}, why, at_second(160)}).ended.empty());
    REQUIRE(w.store_end(end_reservations{{}, why, at_second(160)}).ended.empty());
    REQUIRE(w.last == 6);
  }
}

TEST_CASE("a reservation can be made and ended in one batch", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  const auto outcomes
    = w.store_all({storage::put_reservation{hold("h", "ada")},
                   end_reservations{{"h"}, release_reason::released, at_second(150)},
                   end_reservations{{"h"}, release_reason::released, at_second(160)}});
  REQUIRE(ended_by(std::get<storage::end_reservations_outcome>(outcomes[1])) == texts{"h@2"});
  REQUIRE(std::get<storage::end_reservations_outcome>(outcomes[2]).ended.empty());
  REQUIRE(same(stored(w, "h"), ended(hold("h", "ada"), release_reason::released, 150)));
}

TEST_CASE("all that an agent holds ends in every project", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  fill(w);
  w.store_end(end_reservations{{"a"}, release_reason::expired, at_second(150)}); // 5
  const auto outcome
    = w.store_end(end_reservations_of{"ada", release_reason::retired, at_second(160)});
  REQUIRE(ended_by(outcome) == texts{"b@6", "c@7"});
  REQUIRE(same(stored(w, "a"), ended(hold("a", "ada"), release_reason::expired, 150)));
  REQUIRE(same(stored(w, "b"), ended(hold("b", "ada"), release_reason::retired, 160)));
  REQUIRE(same(stored(w, "c"), ended(hold("c", "ada", "q"), release_reason::retired, 160)));
  REQUIRE(same(outcome.ended[1].reservation, stored(w, "c")));
  REQUIRE(open_in(w, "p") == texts{"d"});
  REQUIRE(events_in(w, "q").back().kind == event_kind::reservation_released);
  REQUIRE(
    w.store_end(end_reservations_of{"ada", release_reason::retired, at_second(170)}).ended.empty());
  REQUIRE(w.store_end(end_reservations_of{"unknown", release_reason::retired, at_second(170)})
            .ended.empty());
  REQUIRE(w.last == 7);
}

TEST_CASE("an agent's reservations are listed newest first, the ended ones too", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  fill(w);
  w.store_end(end_reservations{{"b"}, release_reason::released, at_second(150)});
  const auto found = value_of(w.reader().reservations_of("ada"));
  REQUIRE(ids_of(found) == texts{"c", "b", "a"});
  REQUIRE(same(found[1], ended(hold("b", "ada"), release_reason::released, 150)));
  REQUIRE(ids_of(value_of(w.reader().reservations_of("bob"))) == texts{"d"});
  REQUIRE(value_of(w.reader().reservations_of("unknown")).empty());
}

TEST_CASE("an agent holds something while one of its reservations is active", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  const auto holds = [&](const std::string& agent, base::wall_time now) {
    return value_of(w.reader().holds_any(agent, now));
  };
  const auto tick = std::chrono::nanoseconds{1};
  w.store_hold(hold("h", "ada", "q")); // Until 200 s.
  REQUIRE(holds("ada", at_second(150)));
  REQUIRE(holds("ada", at_second(200) - tick));
  REQUIRE_FALSE(holds("ada", at_second(200)));
  REQUIRE_FALSE(holds("bob", at_second(150)));
  REQUIRE_FALSE(holds("unknown", at_second(150)));
  auto longer = hold("longer", "ada");
  longer.expires_at = at_second(300);
  w.store_hold(longer);
  REQUIRE(holds("ada", at_second(200)));
  w.store_end(end_reservations{{"longer"}, release_reason::released, at_second(150)});
  REQUIRE_FALSE(holds("ada", at_second(200)));
  REQUIRE(holds("ada", at_second(150)));
  w.store_end(end_reservations_of{"ada", release_reason::retired, at_second(150)});
  REQUIRE_FALSE(holds("ada", at_second(150)));
}

TEST_CASE("projects with reservations are those with open ones", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  const auto projects = [&] {
    auto found = value_of(w.reader().projects_with_reservations());
    std::sort(found.begin(), found.end());
    return found;
  };
  REQUIRE(projects().empty());
  fill(w);
  w.store_hold(hold("e", "ada", ""));
  w.store_post(letter("x", {"ada"}, "mail only"));
  REQUIRE(projects() == texts{"", "p", "q"});
  w.store_end(end_reservations{{"a", "c"}, release_reason::expired, at_second(900)});
  REQUIRE(projects() == texts{"", "p"});
  w.store_end(end_reservations{{"b", "d", "e"}, release_reason::expired, at_second(900)});
  REQUIRE(projects().empty());
}

TEST_CASE("events of reservations are seen by everybody in the project", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_post(letter("x", {"ada"}));                                                  // 1
  w.store_hold(hold("h", "ada"));                                                      // 2
  w.store_hold(hold("foreign", "ada", "q"));                                           // 3
  w.store_hold(hold("global", "ada", ""));                                             // 4
  w.store_post(letter("y", {"bob"}));                                                  // 5
  w.store_end(end_reservations{{"foreign"}, release_reason::expired, at_second(900)}); // 6
  w.store_end(end_reservations{{"h"}, release_reason::expired, at_second(900)});       // 7
  const auto seen = [&](const std::string& agent, storage::cursor since, std::uint32_t limit) {
    cursors found;
    for (const auto& one : value_of(w.reader().events({"p", agent, since, limit})).events)
      found.push_back(one.at);
    return found;
  };
  REQUIRE(seen("ada", 0, 100) == cursors{1, 2, 4, 7});
  REQUIRE(seen("bob", 0, 100) == cursors{2, 4, 5, 7});
  REQUIRE(seen("unknown", 2, 100) == cursors{4, 7});
  REQUIRE(seen("bob", 0, 2) == cursors{2, 4});
  REQUIRE(seen("bob", 4, 2) == cursors{5, 7});
  const auto all = value_of(w.reader().events({"p", "ada", 0, 100})).events;
  REQUIRE(all[0].reservation_id.empty());
  REQUIRE(all[0].agent.empty());
  REQUIRE(all[0].path_pattern.empty());
  REQUIRE(all[3].kind == event_kind::reservation_expired);
}

TEST_CASE("reservations survive a restart", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  fill(w);
  w.store_end(end_reservations{{"b"}, release_reason::expired, at_second(150)});
  w.restart();
  REQUIRE(open_in(w, "p") == texts{"a", "d"});
  REQUIRE(same(stored(w, "b"), ended(hold("b", "ada"), release_reason::expired, 150)));
  REQUIRE(w.store_hold(hold("e", "ada")).event_at == 6);
  REQUIRE(ids_of(value_of(w.reader().reservations_of("ada"))) == texts{"e", "c", "b", "a"});
}

} // namespace intermute::test
