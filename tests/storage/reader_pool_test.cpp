#include "storage/reader_pool.hpp"
#include "tests/storage/support.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace intermute::test {

namespace {

using numbers = std::vector<int>;
using namespace std::chrono_literals;

/// How long something may take that happens at once; a ceiling for a loaded machine.
constexpr auto patience = 20s;

std::vector<std::unique_ptr<storage::reader>> readers_of(memory_store& store, int count) {
  std::vector<std::unique_ptr<storage::reader>> found;
  for (int i = 0; i < count; ++i)
    found.push_back(value_of(store.open_reader()));
  return found;
}

/// A pool on an empty store.
struct rig {
  explicit rig(std::size_t capacity, int readers = 1)
    : pool(readers_of(store, readers), capacity) {}

  memory_store store;
  storage::reader_pool pool;
};

} // namespace

TEST_CASE("a pool without threads runs one job a step, oldest first", "[reader_pool]") {
  rig r{4};
  numbers ran;
  for (int i = 1; i <= 3; ++i)
    REQUIRE(r.pool.submit([&, i](storage::reader&) { ran.push_back(i); }));
  REQUIRE(r.pool.backlog() == 3);
  REQUIRE(r.pool.step());
  REQUIRE(ran == numbers{1});
  REQUIRE(r.pool.step());
  REQUIRE(r.pool.step());
  REQUIRE_FALSE(r.pool.step());
  REQUIRE(ran == numbers{1, 2, 3});
}

TEST_CASE("a job reads what is committed", "[reader_pool]") {
  rig r{4};
  const auto engine = value_of(r.store.open_engine());
  storage::cursor last = 0;
  require_ok(engine->begin());
  REQUIRE(engine->apply(post(letter("x", {"ada"})), last));
  require_ok(engine->commit({1, last}));
  std::size_t found = 0;
  REQUIRE(r.pool.submit([&](storage::reader& from) {
    found = value_of(from.load_inbox("p", "ada", 10)).counts.total;
  }));
  REQUIRE(r.pool.step());
  REQUIRE(found == 1);
}

TEST_CASE("a full pool refuses, and drops the job unrun", "[reader_pool]") {
  rig r{2};
  REQUIRE(r.pool.capacity() == 2);
  numbers ran;
  for (int i = 1; i <= 2; ++i)
    REQUIRE(r.pool.submit([&, i](storage::reader&) { ran.push_back(i); }));
  REQUIRE_FALSE(r.pool.submit([&](storage::reader&) { ran.push_back(3); }));
  REQUIRE(r.pool.backlog() == 2);
  REQUIRE(r.pool.step());
  REQUIRE(r.pool.submit([&](storage::reader&) { ran.push_back(4); }));
  while (r.pool.step()) { // Ends: the queue gets empty.
  }
  REQUIRE(ran == numbers{1, 2, 4});
}

TEST_CASE("a pool holds at least one job", "[reader_pool]") {
  REQUIRE(rig{0}.pool.capacity() == 1);
}

TEST_CASE("a held pool takes jobs but runs none", "[reader_pool]") {
  rig r{4};
  int ran = 0;
  r.pool.hold(true);
  REQUIRE(r.pool.submit([&](storage::reader&) { ++ran; }));
  REQUIRE_FALSE(r.pool.step());
  REQUIRE(ran == 0);
  r.pool.hold(false);
  REQUIRE(r.pool.step());
  REQUIRE(ran == 1);
}

TEST_CASE("threads run what is submitted, in order with one reader", "[reader_pool]") {
  rig r{16};
  r.pool.start();
  numbers ran;
  std::promise<void> done;
  for (int i = 0; i < 200; ++i)
    while (!r.pool.submit([&, i](storage::reader&) { // Ends: the thread makes room.
      ran.push_back(i);
      if (i == 199)
        done.set_value();
    }))
      std::this_thread::yield();
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
  REQUIRE(ran.size() == 200);
  REQUIRE(std::is_sorted(ran.begin(), ran.end()));
}

TEST_CASE("threads of a held pool wait until it is released", "[reader_pool]") {
  rig r{8};
  r.pool.hold(true);
  r.pool.start();
  std::atomic<int> ran{0};
  std::promise<void> done;
  for (int i = 0; i < 5; ++i)
    REQUIRE(r.pool.submit([&](storage::reader&) {
      if (++ran == 5)
        done.set_value();
    }));
  std::this_thread::sleep_for(20ms); // A job that runs too early would most likely run by now.
  REQUIRE(ran == 0);
  r.pool.hold(false);
  REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
}

TEST_CASE("stopping finishes what waits, refuses what comes, and can be repeated",
          "[reader_pool]") {
  rig r{8};
  const bool held = GENERATE(false, true);
  CAPTURE(held);
  r.pool.hold(held);
  std::atomic<int> ran{0};
  for (int i = 0; i < 8; ++i)
    REQUIRE(r.pool.submit([&](storage::reader&) { ++ran; }));
  r.pool.start();
  r.pool.stop();
  REQUIRE(ran == 8);
  REQUIRE_FALSE(r.pool.submit([&](storage::reader&) { ++ran; }));
  REQUIRE_FALSE(r.pool.step());
  r.pool.stop();
  REQUIRE(ran == 8);
}

TEST_CASE("stopping closes the connections", "[reader_pool]") {
  memory_store store;
  storage::reader_pool pool{readers_of(store, 3), 4};
  pool.start();
  REQUIRE(store.connections() == 3);
  pool.stop();
  REQUIRE(store.connections() == 0);
}

TEST_CASE("many readers lose no job and run none twice", "[reader_pool]") {
  rig r{16, 4};
  r.pool.start();
  std::vector<std::atomic<int>> ran(2'000);
  for (std::size_t i = 0; i < ran.size(); ++i)
    while (!r.pool.submit([&, i](storage::reader&) { ++ran[i]; })) // Ends: threads make room.
      std::this_thread::yield();
  r.pool.stop();
  REQUIRE(std::all_of(ran.begin(), ran.end(), [](const auto& times) { return times == 1; }));
}

TEST_CASE("a long read does not keep an idle reader from the next job", "[reader_pool]") {
  rig r{4, 2};
  r.pool.start();
  std::this_thread::sleep_for(50ms); // Both sleep on the queue.
  std::promise<void> long_one_runs;
  std::promise<void> short_one_ran;
  std::promise<bool> in_time;
  auto short_one = short_one_ran.get_future();
  REQUIRE(r.pool.submit([&](storage::reader&) {
    long_one_runs.set_value();
    in_time.set_value(short_one.wait_for(500ms) == std::future_status::ready);
  }));
  long_one_runs.get_future().wait();
  REQUIRE(r.pool.submit([&](storage::reader&) { short_one_ran.set_value(); }));
  const bool was_in_time = in_time.get_future().get(); // Before stopping, which wakes everybody.
  r.pool.stop();
  REQUIRE(was_in_time);
}

} // namespace intermute::test
