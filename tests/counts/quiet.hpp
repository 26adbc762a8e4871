#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace intermute::tests::counts {

/// What the kernel says of one thread.
class thread_status {
public:
  /// @param path  Its file below /proc, or `/proc/thread-self/status` of the caller.
  explicit thread_status(const char* path) noexcept;
  ~thread_status();
  thread_status(thread_status&& from) noexcept;
  thread_status(const thread_status&) = delete;
  thread_status& operator=(thread_status&&) = delete;

  /// How often it was let run so far, if it sleeps and was not woken. One that has ended sleeps.
  [[nodiscard]] std::optional<std::uint64_t> asleep() const noexcept;

private:
  int file_;
};

/// Tells when all other threads of this process have nothing left to do: so all that a request
/// causes is counted, whatever the machine is busy with, and nothing else.
///
/// Belongs to one thread, which should be `uncounted`.
class other_threads {
public:
  /// Knows the threads that there are now.
  other_threads();

  /// Waits for a moment at which all of them sleep and none was woken. The test fails when there
  /// is none for a minute.
  void wait_until_quiet();

private:
  /// How often each was let run; false if one is awake.
  bool all_sleep(std::vector<std::uint64_t>& turns) const;

  std::vector<thread_status> threads_;
  std::vector<std::uint64_t> turns_;
  std::vector<std::uint64_t> turns_again_;
};

/// Which of two threads is faster would change how often they wake each other. So the threads that
/// wait for events have the right of way: one that was woken, or that has woken one of them, first
/// lets them go on until they sleep.
namespace right_of_way {

/// The calling thread waits for events.
void take();
/// Returns when those that have it sleep; at once on one of them, and when nothing is counted.
void give() noexcept;

} // namespace right_of_way

} // namespace intermute::tests::counts
