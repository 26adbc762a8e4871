#include "tests/counts/counters.hpp"
#include "tests/counts/quiet.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>

using namespace intermute::tests::counts;

namespace {

/// What `work` is counted as when another thread does it.
reading counted_of(const std::function<void()>& work) {
  const uncounted here;
  reading before{};
  reading after{};
  std::thread{[&] {
    before = read_counters();
    work();
    after = read_counters();
  }}.join();
  for (std::size_t i = 0; i < counted_kinds; ++i)
    after[i] -= before[i];
  return after;
}

std::uint64_t at(const reading& from, counted what) { return from[static_cast<std::size_t>(what)]; }

/// An open file without a name.
int nameless_file() {
  auto name = (std::filesystem::temp_directory_path() / "intermute-counted-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  ::unlink(name.c_str());
  return file;
}

void* volatile kept = nullptr; ///< Keeps the compiler from leaving allocations out.

} // namespace

TEST_CASE("allocations of both languages are counted, and how much", "[counters]") {
  const auto found = counted_of([] {
    kept = ::operator new(100);
    ::operator delete(kept);
    kept = ::operator new (28, std::align_val_t{64});
    ::operator delete (kept, std::align_val_t{64});
    kept = ::malloc(1'000);
    kept = ::realloc(kept, 2'000);
    ::free(kept);
  });
  CHECK(at(found, counted::allocations) == 2);
  CHECK(at(found, counted::allocated_bytes) == 128);
  CHECK(at(found, counted::c_allocations) == 2);
}

TEST_CASE("what shared libraries do is counted", "[counters]") {
  const auto of_libc = counted_of([] {
    kept = ::strdup("text");
    ::free(kept);
  });
  CHECK(at(of_libc, counted::c_allocations) == 1);
  const int file = nameless_file();
  const auto of_libstdcxx
    = counted_of([&] { std::ofstream{"/proc/self/fd/" + std::to_string(file)} << "12345"; });
  CHECK(at(of_libstdcxx, counted::file_bytes) == 5);
  ::close(file);
}

TEST_CASE("system calls are counted by what they are about", "[counters]") {
  const int file = nameless_file();
  int pair[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  const auto found = counted_of([&] {
    char byte = 'x';
    (void)::pwrite64(file, "12345", 5, 0);
    (void)::write(file, "678", 3);
    (void)::pread64(file, &byte, 1, 0);
    (void)::fdatasync(file);
    (void)::send(pair[0], "1", 1, 0);
    (void)::write(pair[0], "2", 1);
    (void)::recv(pair[1], &byte, 1, 0);
  });
  CHECK(at(found, counted::file_calls) == 3);
  CHECK(at(found, counted::file_bytes) == 8);
  CHECK(at(found, counted::sync_calls) == 1);
  CHECK(at(found, counted::socket_calls) == 3);
  CHECK(at(found, counted::allocations) == 0);
  for (const int one : {file, pair[0], pair[1]})
    ::close(one);
}

TEST_CASE("an uncounted thread is not counted", "[counters]") {
  const auto found = counted_of([] {
    const uncounted here;
    kept = ::operator new(100);
    ::operator delete(kept);
  });
  CHECK(found == reading{});
}

TEST_CASE("it is quiet once threads that wake each other have come to an end", "[counters]") {
  const uncounted here;
  constexpr int passes = 2'000;
  std::mutex mutex;
  std::condition_variable moved;
  int ball = -1;     // Below zero it does not move; else the even or the odd one has it.
  bool over = false; // The threads stay until then, so that they are looked at.
  const auto play = [&](int own) {
    const uncounted as_well;
    std::unique_lock lock{mutex};
    while (!over) { // Ends: with the test.
      moved.wait(lock, [&] { return over || (ball >= 0 && ball < passes && ball % 2 == own); });
      if (!over)
        ++ball;
      moved.notify_all();
    }
  };
  std::thread even{play, 0};
  std::thread odd{play, 1};
  other_threads others;
  const auto set = [&](auto& what, auto to) {
    const std::lock_guard guard{mutex};
    what = to;
    moved.notify_all();
  };
  set(ball, 0);
  others.wait_until_quiet();
  {
    const std::lock_guard guard{mutex};
    CHECK(ball == passes);
  }
  set(over, true);
  even.join();
  odd.join();
}

TEST_CASE("a thread stands before a closed gate until it is let pass", "[counters]") {
  const uncounted here;
  const int file = nameless_file();
  const auto before = at(read_counters(), counted::sync_calls);
  const auto syncs = [before] { return at(read_counters(), counted::sync_calls) - before; };
  std::optional<closed_sync_gate> gate{std::in_place};
  std::thread thread{[file] {
    (void)::fdatasync(file);
    (void)::fdatasync(file);
  }};
  other_threads others;
  others.wait_until_quiet();
  CHECK(syncs() == 0);
  gate->let_one_pass();
  others.wait_until_quiet();
  CHECK(syncs() == 1);
  gate.reset();
  thread.join();
  CHECK(syncs() == 2);
  ::close(file);
}
