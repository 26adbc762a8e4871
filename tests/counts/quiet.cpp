#include "tests/counts/quiet.hpp"

#include "tests/counts/counters.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace intermute::tests::counts {
namespace {

/// The number behind `label`.
std::uint64_t number_behind(std::string_view text, std::string_view label) noexcept {
  const auto at = text.find(label);
  if (at == std::string_view::npos)
    return 0;
  text.remove_prefix(at + label.size());
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

} // namespace

thread_status::thread_status(const char* path) noexcept
  : file_(::open(path, O_RDONLY | O_CLOEXEC)) {}

thread_status::~thread_status() {
  if (file_ >= 0)
    ::close(file_);
}

thread_status::thread_status(thread_status&& from) noexcept
  : file_(std::exchange(from.file_, -1)) {}

std::optional<std::uint64_t> thread_status::asleep() const noexcept {
  std::array<char, 4'096> buffer; // NOLINT: what is used of it was read.
  const auto size = ::pread(file_, buffer.data(), buffer.size(), 0);
  if (size <= 0)
    return 0;
  const std::string_view text{buffer.data(), static_cast<std::size_t>(size)};
  if (text.find("\nState:\tS") == std::string_view::npos)
    return std::nullopt;
  return number_behind(text, "\nvoluntary_ctxt_switches:\t")
         + number_behind(text, "\nnonvoluntary_ctxt_switches:\t");
}

other_threads::other_threads() {
  const auto own = std::to_string(::gettid());
  for (const auto& one : std::filesystem::directory_iterator{"/proc/self/task"})
    if (one.path().filename() != own)
      threads_.emplace_back((one.path() / "status").c_str());
}

bool other_threads::all_sleep(std::vector<std::uint64_t>& turns) const {
  turns.clear();
  for (const auto& one : threads_) {
    const auto turn = one.asleep();
    if (!turn)
      return false;
    turns.push_back(*turn);
  }
  return true;
}

void other_threads::wait_until_quiet() {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes{1};
  for (;;) { // Ends: they rest at last, or a minute is over.
    // Each was looked at twice and did not run between: so all slept when the first round ended.
    if (all_sleep(turns_) && file_calls_under_way() == 0 && all_sleep(turns_again_)
        && turns_ == turns_again_)
      return;
    REQUIRE(std::chrono::steady_clock::now() < until);
    ::sched_yield();
  }
}

namespace {

struct event_thread;

std::mutex event_threads_mutex;
std::vector<const event_thread*> event_threads; // By its mutex.

/// There once its thread waited for an event.
struct event_thread {
  event_thread() {
    const std::lock_guard guard{event_threads_mutex};
    event_threads.push_back(this);
  }
  ~event_thread() {
    const std::lock_guard guard{event_threads_mutex};
    std::erase(event_threads, this);
  }
  event_thread(const event_thread&) = delete;
  event_thread& operator=(const event_thread&) = delete;

  thread_status status{"/proc/thread-self/status"};
};

thread_local std::optional<event_thread> own_events;

} // namespace

void right_of_way::take() {
  if (own_events)
    return;
  const uncounted here;
  own_events.emplace();
}

void right_of_way::give() noexcept {
  if (own_events)
    return;
  const uncounted here;
  const auto all_sleep = [] {
    const std::lock_guard guard{event_threads_mutex};
    return std::ranges::all_of(event_threads,
                               [](const auto* one) { return one->status.asleep().has_value(); });
  };
  while (!all_sleep()) // Ends: they wait for nobody, so they sleep when all is done.
    ::sched_yield();
}

} // namespace intermute::tests::counts
