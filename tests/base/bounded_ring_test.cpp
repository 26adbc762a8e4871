#include "base/bounded_ring.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

namespace intermute::base {
namespace {

using words = std::vector<std::string>;

bool push(bounded_ring<std::string>& ring, std::string text) { return ring.try_push(text); }

words drained(bounded_ring<std::string>& ring, std::size_t most) {
  words found;
  const auto came = ring.drain(found, most);
  REQUIRE(came == found.size());
  return found;
}

} // namespace

TEST_CASE("a ring gives back what came first, at most as much as was asked for") {
  bounded_ring<std::string> ring{4};
  REQUIRE(ring.capacity() == 4);
  for (const auto* text : {"a", "b", "c"})
    REQUIRE(push(ring, text));
  REQUIRE(ring.size() == 3);
  REQUIRE(drained(ring, 2) == words{"a", "b"});
  REQUIRE(drained(ring, 2) == words{"c"});
  REQUIRE(drained(ring, 2).empty());
  REQUIRE(ring.size() == 0);
}

TEST_CASE("draining appends to what is there") {
  bounded_ring<std::string> ring{4};
  REQUIRE(push(ring, "b"));
  words found{"a"};
  REQUIRE(ring.drain(found, 9) == 1);
  REQUIRE(found == words{"a", "b"});
}

TEST_CASE("a full ring refuses and leaves the value with its owner") {
  bounded_ring<std::unique_ptr<int>> ring{1};
  auto first = std::make_unique<int>(1);
  auto second = std::make_unique<int>(2);
  REQUIRE(ring.try_push(first));
  REQUIRE_FALSE(first);
  REQUIRE_FALSE(ring.try_push(second));
  REQUIRE(second);
  REQUIRE(*second == 2);
  std::vector<std::unique_ptr<int>> found;
  REQUIRE(ring.drain(found, 1) == 1);
  REQUIRE(*found.front() == 1);
  REQUIRE(ring.try_push(second));
}

TEST_CASE("a ring wraps around for ever without losing its order") {
  bounded_ring<std::string> ring{3};
  int in = 0;
  int out = 0;
  for (int round = 0; round < 50; ++round) {
    while (push(ring, std::to_string(in)))
      ++in;
    REQUIRE(ring.size() == 3);
    for (const auto& one : drained(ring, 1 + static_cast<std::size_t>(round) % 3))
      REQUIRE(one == std::to_string(out++));
  }
  REQUIRE(in - out == static_cast<int>(ring.size()));
}

TEST_CASE("a drained slot keeps nothing alive, even of a type that cannot be moved") {
  struct copied {
    copied() = default;
    copied(const copied&) = default;
    copied& operator=(const copied&) = default;
    std::shared_ptr<int> held;
  };
  bounded_ring<copied> ring{2};
  copied value;
  value.held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = value.held;
  REQUIRE(ring.try_push(value));
  std::vector<copied> found;
  REQUIRE(ring.drain(found, 1) == 1);
  value.held.reset();
  found.clear();
  REQUIRE(watched.expired());
}

TEST_CASE("a closed ring refuses but can be drained") {
  bounded_ring<std::string> ring{4};
  REQUIRE(push(ring, "a"));
  ring.close();
  ring.close();
  std::string late = "late";
  REQUIRE_FALSE(ring.try_push(late));
  REQUIRE(late == "late");
  words found;
  REQUIRE(ring.wait_and_drain(found, 9) == 1);
  REQUIRE(ring.wait_and_drain(found, 9) == 0);
  REQUIRE(found == words{"a"});
}

TEST_CASE("waiting does not wait when something is there") {
  bounded_ring<std::string> ring{4};
  for (const auto* text : {"a", "b", "c"})
    REQUIRE(push(ring, text));
  words found;
  REQUIRE(ring.wait_and_drain(found, 2) == 2);
  REQUIRE(found == words{"a", "b"});
}

TEST_CASE("a sleeping consumer is woken by a push, again and again") {
  bounded_ring<int> ring{1};
  std::atomic<int> got{0};
  std::thread consumer{[&] {
    std::vector<int> found;
    while (ring.wait_and_drain(found, 1) > 0) { // Ends: the ring is closed.
      got = found.back();
      got.notify_one();
    }
  }};
  for (int i = 1; i <= 2'000; ++i) {
    auto value = i;
    while (!ring.try_push(value))
      std::this_thread::yield();
    for (int seen = got; seen != i; seen = got) // The consumer goes back to sleep each time.
      got.wait(seen);
  }
  ring.close();
  consumer.join();
  REQUIRE(got == 2'000);
}

TEST_CASE("a sleeping consumer is woken by closing") {
  bounded_ring<int> ring{1};
  std::atomic<bool> begun{false};
  std::size_t count = 99;
  std::thread consumer{[&] {
    std::vector<int> found;
    begun = true;
    count = ring.wait_and_drain(found, 1);
  }};
  while (!begun)
    std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds{5}); // Most likely it sleeps by now.
  ring.close();
  consumer.join();
  REQUIRE(count == 0);
}

TEST_CASE("many producers lose nothing and each keeps its own order") {
  constexpr int producers = 4;
  constexpr int each = 5'000;
  bounded_ring<int> ring{16};
  std::vector<std::thread> threads;
  for (int who = 0; who < producers; ++who)
    threads.emplace_back([&ring, who] {
      for (int i = 0; i < each; ++i) {
        auto value = who * each + i;
        while (!ring.try_push(value))
          std::this_thread::yield();
      }
    });
  std::vector<int> found;
  while (found.size() < std::size_t{producers} * each) { // Ends: so many are pushed.
    const auto came = ring.wait_and_drain(found, 7);
    REQUIRE((came >= 1 && came <= 7));
  }
  for (auto& one : threads)
    one.join();
  std::vector<int> next(producers, 0);
  for (const auto value : found)
    REQUIRE(value % each == next[static_cast<std::size_t>(value / each)]++);
  REQUIRE(ring.size() == 0);
}

} // namespace intermute::base
