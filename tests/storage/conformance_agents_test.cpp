#include "tests/storage/support.hpp"

namespace intermute::test {

namespace {

using contacts = std::set<std::string, std::less<>>;

storage::set_contact contact(std::string agent, std::string other, bool present = true) {
  return {std::move(agent), std::move(other), present, at_second(100)};
}

domain::agent agent_at(world& w, std::size_t place) {
  return value_of(w.reader().agents()).at(place);
}

domain::agent agent_in(std::string project, std::string id) {
  auto made = agent_named(std::move(id), "");
  made.project = std::move(project);
  return made;
}

/// Names and numbers of agents, such as `p 2`, in their order.
texts projects(world& w, const std::optional<std::string>& after = {}, std::uint32_t limit = 100) {
  texts found;
  for (const auto& one : value_of(w.reader().projects(after, limit)))
    found.push_back(one.project + " " + std::to_string(one.agents));
  return found;
}

} // namespace

// ---- Contacts ---------------------------------------------------------------------------------

TEST_CASE("contacts are taken in and out one by one", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  w.store_all(
    {storage::put_agent{agent_named("one", "s1")}, storage::put_agent{agent_named("two", "s2")}});
  REQUIRE(agent_at(w, 0).contacts.empty());
  w.store_all({contact("one", "two"), contact("one", "not registered"), contact("two", "one")});
  REQUIRE(w.last == 0); // They are no events.
  REQUIRE(agent_at(w, 0).contacts == contacts{"not registered", "two"});
  REQUIRE(agent_at(w, 1).contacts == contacts{"one"});

  SECTION("the same again changes nothing") {
    w.store_all({contact("one", "two"), contact("one", "unknown", false)});
    REQUIRE(agent_at(w, 0).contacts == contacts{"not registered", "two"});
  }
  SECTION("one that is taken out is gone, once and for all") {
    w.store_all({contact("one", "two", false), contact("one", "two", false)});
    REQUIRE(agent_at(w, 0).contacts == contacts{"not registered"});
    REQUIRE(agent_at(w, 1).contacts == contacts{"one"});
    w.store_all({contact("one", "two", true)});
    REQUIRE(agent_at(w, 0).contacts == contacts{"not registered", "two"});
  }
  SECTION("they survive a restart") {
    w.restart();
    REQUIRE(agent_at(w, 0).contacts == contacts{"not registered", "two"});
  }
}

TEST_CASE("putting an agent leaves its contacts alone", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto made = agent_named("one", "s1");
  made.contacts = {"not stored this way"};
  w.store_all({storage::put_agent{made}});
  REQUIRE(agent_at(w, 0).contacts.empty());
  w.store_all({contact("one", "bob")});
  made.name = "renamed";
  made.contacts.clear();
  w.store_all({storage::put_agent{made}});
  REQUIRE(agent_at(w, 0).name == "renamed");
  REQUIRE(agent_at(w, 0).contacts == contacts{"bob"});
  made.contacts = {"cyd"};
  w.store_all({storage::put_agent{made}});
  REQUIRE(agent_at(w, 0).contacts == contacts{"bob"});
}

TEST_CASE("contacts of an agent that is not registered are passed over", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  w.store_all({contact("one", "bob"), contact("one", "cyd", false)});
  REQUIRE(value_of(w.reader().agents()).empty());
  w.store_all({storage::put_agent{agent_named("one", "s1")}});
  REQUIRE(agent_at(w, 0).contacts.empty());
}

// ---- Retirement -------------------------------------------------------------------------------

TEST_CASE("an agent goes out of service and comes back", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  auto one = agent_named("one", "s1");
  w.store_all({storage::put_agent{one}, contact("one", "bob")});
  REQUIRE_FALSE(agent_at(w, 0).retired_at);
  one.retired_at = base::from_nanoseconds(1'234'567'890'123'456'789);
  w.store_all({storage::put_agent{one}});
  REQUIRE(agent_at(w, 0).retired_at == one.retired_at);
  REQUIRE(agent_at(w, 0).contacts == contacts{"bob"});
  w.store_all({storage::touch_agents{{{"one", at_second(900)}}}});
  REQUIRE(agent_at(w, 0).retired_at == one.retired_at);
  w.restart();
  REQUIRE(agent_at(w, 0).retired_at == one.retired_at);
  one.retired_at.reset();
  w.store_all({storage::put_agent{one}});
  REQUIRE_FALSE(agent_at(w, 0).retired_at);
}

// ---- Projects ---------------------------------------------------------------------------------

TEST_CASE("projects are listed by name with the agents in service", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  CAPTURE(engine);
  world w{engine};
  REQUIRE(projects(w).empty());
  auto retired = agent_in("retired only", "three");
  retired.retired_at = at_second(50);
  w.store_all({storage::put_agent{agent_in("with agents", "one")},
               storage::put_agent{agent_in("with agents", "two")}, storage::put_agent{retired},
               post(letter("x", {"one"}, "mail")), post(letter("y", {"one"}, "with agents")),
               storage::put_reservation{hold("h", "one", "Holds")},
               storage::put_reservation{hold("i", "one", "")},
               mark("unknown", "one", storage::mark_kind::read, 100, "\xC3\xBCml")});
  const texts all{" 0", "Holds 0", "mail 0", "retired only 0", "with agents 2", "\xC3\xBCml 0"};
  REQUIRE(projects(w) == all);

  SECTION("in pages that leave nothing out") {
    REQUIRE(projects(w, {}, 1) == texts{" 0"});
    REQUIRE(projects(w, "", 2) == texts{"Holds 0", "mail 0"});
    REQUIRE(projects(w, "mail", 2) == texts{"retired only 0", "with agents 2"});
    REQUIRE(projects(w, "with agents", 2) == texts{"\xC3\xBCml 0"});
    REQUIRE(projects(w, "\xC3\xBCml").empty());
  }
  SECTION("from a name on that is none of theirs") {
    REQUIRE(projects(w, "n", 1) == texts{"retired only 0"});
    REQUIRE(projects(w, "\xFF").empty());
  }
  SECTION("whoever goes out of service is no longer counted") {
    auto one = agent_in("with agents", "one");
    one.retired_at = at_second(60);
    retired.retired_at.reset();
    w.store_all({storage::put_agent{one}, storage::put_agent{retired}});
    REQUIRE(projects(w, "mail") == texts{"retired only 1", "with agents 1", "\xC3\xBCml 0"});
  }
  SECTION("whoever moves is counted in the new one, and the old one stays") {
    w.store_all({storage::put_agent{agent_in("new", "one")},
                 storage::put_agent{agent_in("new", "two")},
                 storage::put_agent{agent_in("new", "three")}});
    REQUIRE(projects(w, "mail")
            == texts{"new 3", "retired only 0", "with agents 0", "\xC3\xBCml 0"});
  }
  SECTION("ended reservations count as something stored") {
    w.store_end(storage::end_reservations_of{"one", domain::release_reason::retired, at_second(1)});
    REQUIRE(projects(w) == all);
  }
  SECTION("after a restart") {
    w.restart();
    REQUIRE(projects(w) == all);
  }
}

TEST_CASE("a project is listed once its batch is committed", "[store]") {
  const std::string engine = GENERATE(values(engine_names));
  world w{engine};
  require_ok(w.engine().begin());
  auto last = w.last;
  for (const auto& one : std::vector<storage::row_operation>{
         storage::put_agent{agent_in("a", "one")}, post(letter("x", {"ada"}, "b")),
         storage::put_reservation{hold("h", "ada", "c")}})
    REQUIRE(w.engine().apply(one, last));
  REQUIRE(projects(w).empty());

  SECTION("and not at all when that is rolled back") {
    require_ok(w.engine().rollback());
    REQUIRE(projects(w).empty());
    w.store_hold(hold("h", "ada", "d"));
    REQUIRE(projects(w) == texts{"d 0"});
  }
  SECTION("with all that is in it") {
    require_ok(w.engine().commit({1, last}));
    REQUIRE(projects(w) == texts{"a 1", "b 0", "c 0"});
  }
}

} // namespace intermute::test
