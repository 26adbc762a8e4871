#include "storage/fault_points.hpp"
#include "tests/storage/support.hpp"

#if defined(INTERMUTE_FAULTS) && INTERMUTE_FAULTS

#include <chrono>

namespace intermute::test {

using base::errc;
using namespace storage::faults;

namespace {

/// Sets a plan for the life of the object.
class plan {
public:
  explicit plan(std::string_view text) { require_ok(set_plan(text)); }
  ~plan() { (void)set_plan(""); }
  plan(const plan&) = delete;
  plan& operator=(const plan&) = delete;
};

const std::vector<storage::row_operation>& one_of_each() {
  static const std::vector<storage::row_operation> all{
    post(letter("new", {"new agent", "ada"}, "new project")),
    post(letter("x", {"ada", "late"})),
    mark("x", "ada", storage::mark_kind::read, 200),
    storage::put_agent{agent_named("one", "s1")},
    storage::touch_agents{{{"one", at_second(900)}}},
  };
  return all;
}

void require_untouched(world& w) {
  REQUIRE(w.inbox("ada", "new project").empty());
  REQUIRE(w.inbox("late").empty());
  REQUIRE(w.inbox("ada").size() == 1);
  REQUIRE_FALSE(w.inbox("ada")[0].read_at);
  REQUIRE(value_of(w.reader().agents()).empty());
  REQUIRE(value_of(w.reader().events({"p", "ada", 0, 10})).events.size() == 1);
}

} // namespace

TEST_CASE("a fault at any write leaves no trace, and the next batch works", "[sqlite][fault]") {
  const auto [name, code]
    = GENERATE(table<std::string, errc>({{"BUSY", errc::storage_busy},
                                         {"FULL", errc::storage_full},
                                         {"IOERR", errc::storage_failed},
                                         {"CORRUPT", errc::storage_corrupt}}));
  CAPTURE(name);
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  int failed = 0;
  for (int at = 1; at < 100; ++at) { // Fails step 1, 2, 3 … until one run passes.
    CAPTURE(at);
    auto last = w.last;
    bool broken = false;
    {
      const plan faulty{"writer.write=" + name + "@" + std::to_string(at)};
      require_ok(w.engine().begin());
      for (const auto& one : one_of_each()) {
        const auto before = last;
        if (const auto applied = w.engine().apply(one, last); !applied) {
          REQUIRE(applied.why().code == code);
          REQUIRE(last == before);
          broken = true;
          break;
        }
      }
    }
    if (!broken) {
      w.last = last;
      w.commit();
      break;
    }
    ++failed;
    require_ok(w.engine().rollback());
    require_untouched(w);
  }
  REQUIRE(failed > 10);
  REQUIRE(w.inbox("ada", "new project").size() == 1);
  REQUIRE(w.inbox("late").size() == 1);
  REQUIRE(value_of(w.reader().agents()).at(0).last_seen == at_second(900));
}

TEST_CASE("a commit that fails is absent after reopening", "[sqlite][fault]") {
  const std::string where = GENERATE(as<std::string>{}, "writer.commit", "writer.sync");
  const std::string what = GENERATE(as<std::string>{}, "IOERR", "FULL");
  const bool with_reader = GENERATE(true, false);
  CAPTURE(where, what, with_reader);
  temp_directory directory;
  storage::sqlite_options options;
  options.path = directory.path() / "mail.db";
  auto opened = value_of(storage::open_sqlite(options));
  auto engine = value_of(opened->open_engine());
  auto reader = with_reader ? value_of(opened->open_reader()) : nullptr;
  storage::cursor last = 0;
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
  require_ok(engine->commit({1, last}));

  auto lost = last;
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("y", {"ada"})), lost));
  {
    const plan faulty{where + "=" + what};
    const auto failed = engine->commit({2, lost});
    REQUIRE_FALSE(failed);
    REQUIRE(failed.why().code == (what == "FULL" ? errc::storage_full : errc::storage_failed));
  }
  const auto found = value_of(engine->reopen());
  // Without a reader the log is read anew. It may hold the commit whose sync failed; then it
  // counts, once it is durable.
  const bool in_log = where == "writer.sync" && !with_reader;
  REQUIRE(found.batch == (in_log ? 2U : 1U));
  if (in_log)
    require_ok(engine->make_durable());

  reader.reset();
  engine.reset();
  opened.reset();
  auto again = value_of(storage::open_sqlite(options));
  auto second = value_of(again->open_engine());
  REQUIRE(second->state().batch == found.batch);
  REQUIRE(second->state().high_water == found.high_water);
}

TEST_CASE("what reopening reports stays so when the process is killed then", "[sqlite][fault]") {
  temp_directory directory;
  storage::sqlite_options options;
  options.path = directory.path() / "mail.db";
  auto opened = value_of(storage::open_sqlite(options));
  auto engine = value_of(opened->open_engine());
  const auto reader = value_of(opened->open_reader()); // Keeps the log's index alive.
  storage::cursor last = 0;
  require_ok(engine->begin());
  require_ok(engine->commit({1, last})); // The log has its header now.
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
  {
    const plan faulty{"writer.sync=IOERR"};
    REQUIRE_FALSE(engine->commit({2, last}));
  }
  REQUIRE(value_of(engine->reopen()).batch == 1);
  const auto copy = directory.path() / "killed.db";
  for (const auto* suffix : {"", "-wal"})
    std::filesystem::copy_file(options.path.string() + suffix, copy.string() + suffix);
  options.path = copy;
  auto killed = value_of(storage::open_sqlite(options));
  REQUIRE(value_of(killed->open_engine())->state().batch == 1);
}

TEST_CASE("a commit told as failed after it worked is found by reopening", "[sqlite][fault]") {
  world w{"sqlite"};
  require_ok(w.engine().begin());
  w.apply({post(letter("x", {"ada"}))});
  {
    const plan faulty{"writer.commit_after=IOERR"};
    const auto failed = w.engine().commit({1, w.last});
    REQUIRE_FALSE(failed);
    REQUIRE(failed.why().code == errc::storage_failed);
  }
  REQUIRE(value_of(w.engine().reopen()).batch == 1);
  require_ok(w.engine().make_durable());
  REQUIRE(w.inbox("ada").size() == 1);
}

TEST_CASE("syncing is passed once by every commit with full sync only", "[sqlite][fault]") {
  const bool full = GENERATE(true, false);
  CAPTURE(full);
  temp_directory directory;
  storage::sqlite_options options;
  options.path = directory.path() / "mail.db";
  options.full_sync = full;
  const auto opened = value_of(storage::open_sqlite(options));
  const auto engine = value_of(opened->open_engine());
  storage::cursor last = 0;
  const auto store_one = [&] {
    require_ok(engine->begin());
    REQUIRE(engine->apply(post(letter("m" + std::to_string(last), {"ada"})), last));
    require_ok(engine->commit({last, last}));
  };
  store_one(); // The first one of a new log syncs its header as well.
  const plan counting{"writer.sync=IOERR@1000000"};
  for (int i = 0; i < 5; ++i)
    store_one();
  REQUIRE(hits(point::writer_sync) == (full ? 5U : 0U));
}

TEST_CASE("a log that has begun anew is not checkpointed at every batch", "[sqlite][fault]") {
  temp_directory directory;
  storage::sqlite_options options;
  options.path = directory.path() / "mail.db";
  options.checkpoint_pages = 60;
  const auto opened = value_of(storage::open_sqlite(options));
  const auto engine = value_of(opened->open_engine());
  storage::cursor last = 0;
  const plan counting{"writer.sync=IOERR@1000000"};
  for (std::uint64_t batch = 1; batch <= 200; ++batch) {
    require_ok(engine->begin());
    REQUIRE(engine->apply(post(letter("m" + std::to_string(last), {"ada"})), last));
    require_ok(engine->commit({batch, last}));
    engine->between_batches();
  }
  REQUIRE(hits(point::writer_sync) >= 200 + 10);
  REQUIRE(hits(point::writer_sync) <= 200 + 100);
}

TEST_CASE("a delay only delays", "[sqlite][fault]") {
  world w{"sqlite"};
  const plan slow{"writer.commit=delay:30ms@1x2"};
  const auto began = std::chrono::steady_clock::now();
  w.store_post(letter("x", {"ada"}));
  REQUIRE(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds{30});
  REQUIRE(w.inbox("ada").size() == 1);
}

TEST_CASE("a plan hits exactly what it names", "[fault]") {
  const plan two{"writer.commit=FULL@2x2;writer.write=BUSY"};
  REQUIRE(hit(point::writer_commit) == kind::none);
  REQUIRE(hit(point::writer_commit) == kind::full);
  REQUIRE(hit(point::writer_commit) == kind::full);
  REQUIRE(hit(point::writer_commit) == kind::none);
  REQUIRE(hit(point::writer_write) == kind::busy);
  REQUIRE(hit(point::writer_write) == kind::none);
  REQUIRE(hit(point::writer_sync) == kind::none);
  REQUIRE(hits(point::writer_commit) == 4);
}

TEST_CASE("a plan that cannot be read is refused whole", "[fault]") {
  const std::string text
    = GENERATE(as<std::string>{}, "writer.commit", "nowhere=FULL", "writer.commit=WHAT",
               "writer.commit=FULL@0", "writer.commit=FULL@1xx", "writer.commit=delay:ms",
               "writer.commit=delay:5s", "writer.write=FULL;x");
  CAPTURE(text);
  const auto refused = set_plan(text);
  REQUIRE_FALSE(refused);
  REQUIRE(hit(point::writer_write) == kind::none);
}

} // namespace intermute::test

#endif
