#include "storage/fault_points.hpp"
#include "tests/storage/sqlite_tables.hpp"

#if defined(INTERMUTE_FAULTS) && INTERMUTE_FAULTS

namespace intermute::test {

using base::errc;
using storage::mark_kind;

namespace {

/// The fault at one write, for the life of the object.
class fault_at {
public:
  explicit fault_at(int write) {
    require_ok(storage::faults::set_plan("writer.write=FULL@" + std::to_string(write)));
  }
  ~fault_at() { (void)storage::faults::set_plan(""); }
  fault_at(const fault_at&) = delete;
  fault_at& operator=(const fault_at&) = delete;
};

/// Every operation, each in every way that writes somewhere else.
std::vector<storage::row_operation> every_way() {
  auto quiet = letter("x", {"ada", "later"});
  quiet.ack_required = false;
  auto mover = agent_named("one", "s1");
  mover.project = "r";
  mover.retired_at = at_second(300);
  const std::string scope(32, 's');
  return {
    post(letter("new", {"new agent", "sender"}, "new project")),
    post(letter("x", {"ada", "late", "sender"})),
    mark("x", "ada", mark_kind::read, 200),
    mark("x", "ada", mark_kind::ack, 200),
    post(quiet),
    post(letter("x", {"ada"})),
    storage::put_agent{mover},
    storage::touch_agents{{{"one", at_second(900)}}},
    storage::set_contact{"one", "friend", false, at_second(10)},
    storage::set_contact{"one", "new friend", true, at_second(10)},
    storage::put_reservation{hold("h2", "new holder", "another project")},
    storage::end_reservations{{"h2", "h1", "h1"}, domain::release_reason::expired, at_second(200)},
    storage::end_reservations_of{"holder", domain::release_reason::retired, at_second(200)},
    storage::put_replay{scope, scope, "new", at_second(200), at_second(300)},
  };
}

} // namespace

TEST_CASE("a fault at any write of any operation leaves every table as it was", "[sqlite][fault]") {
  world w{"sqlite"};
  const std::string scope(32, 'o');
  w.store_all({
    post(letter("x", {"ada"})),
    storage::put_agent{agent_named("one", "s1")},
    storage::set_contact{"one", "friend", true, at_second(10)},
    storage::put_reservation{hold("h0", "holder")},
    storage::put_reservation{hold("h1", "holder")},
    storage::put_replay{scope, scope, "old", at_second(100), at_second(150)},
  });
  const auto before = rows_of(w.file());
  const auto all = every_way();
  int failed = 0;
  for (int at = 1; at < 200; ++at) { // Fails step 1, 2, 3 … until one run passes.
    CAPTURE(at);
    auto last = w.last;
    auto applied = base::result<storage::outcome>{storage::outcome{}};
    {
      const fault_at planned{at};
      require_ok(w.engine().begin());
      for (std::size_t i = 0; applied && i < all.size(); ++i) {
        const auto above = last;
        applied = w.engine().apply(all[i], last);
        REQUIRE((applied || last == above));
      }
    }
    if (applied) {
      w.last = last;
      w.commit();
      break;
    }
    REQUIRE(applied.why().code == errc::storage_full);
    ++failed;
    require_ok(w.engine().rollback());
    REQUIRE(rows_of(w.file()) == before);
  }
  REQUIRE(failed > 50);
  REQUIRE(failed < 199);
  for (const auto& [table, rows] : before) {
    CAPTURE(table);
    REQUIRE(rows_of(w.file()).at(table) != rows);
  }
}

} // namespace intermute::test

#endif
