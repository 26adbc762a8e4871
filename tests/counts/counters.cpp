#include "tests/counts/counters.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>

namespace intermute::tests::counts {
namespace {

// All of it is there before the first constructor runs, since that may allocate.
constinit std::array<std::atomic<std::uint64_t>, counted_kinds> counters{};
constinit std::atomic<std::uint32_t> in_file_calls{0};
constinit thread_local std::uint32_t uncounted_depth = 0;

constinit std::mutex gate;
std::condition_variable gate_moved; // No file is synced before it is there.
constinit bool gate_closed = false; // By `gate`, as what follows.
constinit std::uint32_t may_pass = 0;

} // namespace

bool is_counted() noexcept { return uncounted_depth == 0; }

void count(counted what, std::uint64_t by) noexcept {
  if (is_counted())
    counters[static_cast<std::size_t>(what)].fetch_add(by);
}

reading read_counters() noexcept {
  reading now{};
  for (std::size_t i = 0; i < counted_kinds; ++i)
    now[i] = counters[i].load();
  return now;
}

uncounted::uncounted() noexcept { ++uncounted_depth; }
uncounted::~uncounted() { --uncounted_depth; }

file_call_under_way::file_call_under_way() noexcept { ++in_file_calls; }
file_call_under_way::~file_call_under_way() { --in_file_calls; }

std::uint32_t file_calls_under_way() noexcept { return in_file_calls.load(); }

closed_sync_gate::closed_sync_gate() {
  const std::lock_guard guard{gate};
  gate_closed = true;
}

closed_sync_gate::~closed_sync_gate() {
  const std::lock_guard guard{gate};
  gate_closed = false;
  may_pass = 0;
  gate_moved.notify_all();
}

void closed_sync_gate::let_one_pass() {
  const std::lock_guard guard{gate};
  ++may_pass;
  gate_moved.notify_all();
}

void pass_sync_gate() {
  if (!is_counted())
    return;
  std::unique_lock guard{gate};
  gate_moved.wait(guard, [] { return !gate_closed || may_pass > 0; });
  if (gate_closed)
    --may_pass;
}

} // namespace intermute::tests::counts
