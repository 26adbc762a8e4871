#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

/// What requests cost, as numbers that are the same on every run.
namespace intermute::tests::counts {

/// What is counted of the whole process, but for threads that are `uncounted`.
enum class counted : std::uint8_t {
  allocations,     ///< Calls of operator new.
  allocated_bytes, ///< What they asked for.
  c_allocations,   ///< malloc, calloc, realloc and their like: SQLite's, RapidJSON's, Asio's.
  socket_calls,    ///< System calls that receive or send.
  event_calls,     ///< System calls around epoll and its timer.
  file_calls,      ///< System calls that read, write, lock or look at files.
  file_bytes,      ///< Written to files.
  sync_calls,      ///< fsync and fdatasync.
  thread_wakes,    ///< Conditions that were notified: a thread hands over to another.
};
inline constexpr std::size_t counted_kinds = 9;

/// What all counters say, by `counted`.
using reading = std::array<std::uint64_t, counted_kinds>;

/// Adds to a counter, unless the calling thread is uncounted. Safe from any thread, and before
/// main(): it allocates nothing.
void count(counted what, std::uint64_t by = 1) noexcept;

/// Whether what the calling thread does is counted.
[[nodiscard]] bool is_counted() noexcept;

[[nodiscard]] reading read_counters() noexcept;

/// While it lives, nothing that its thread does is counted. May be nested.
class uncounted {
public:
  uncounted() noexcept;
  ~uncounted();
  uncounted(const uncounted&) = delete;
  uncounted& operator=(const uncounted&) = delete;
};

/// While it lives, its thread is in a system call on a file, where it may sleep without being idle.
class file_call_under_way {
public:
  file_call_under_way() noexcept;
  ~file_call_under_way();
  file_call_under_way(const file_call_under_way&) = delete;
  file_call_under_way& operator=(const file_call_under_way&) = delete;
};

/// How many threads are in a system call on a file now, but for those that wait at a
/// `closed_sync_gate`.
[[nodiscard]] std::uint32_t file_calls_under_way() noexcept;

/// While it lives, counted threads wait before they sync a file. One at a time.
class closed_sync_gate {
public:
  closed_sync_gate();
  /// Lets those that wait pass.
  ~closed_sync_gate();
  closed_sync_gate(const closed_sync_gate&) = delete;
  closed_sync_gate& operator=(const closed_sync_gate&) = delete;

  /// Lets the next one pass.
  void let_one_pass();
};

/// Returns when the caller may sync a file.
void pass_sync_gate();

} // namespace intermute::tests::counts
