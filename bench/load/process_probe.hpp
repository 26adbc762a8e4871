#pragma once

#include <cstdint>
#include <optional>

namespace intermute::bench {

/// What `/proc/<pid>` says about a process at one moment.
struct process_sample {
  double cpu_seconds = 0;    ///< User and system time of all threads so far, in clock ticks.
  std::uint64_t rss_kib = 0; ///< Resident memory.
};

/// Returns nothing when there is no such process.
[[nodiscard]] std::optional<process_sample> sample_process(int pid);

/// Returns the processor time that this program has used, in seconds.
[[nodiscard]] double own_cpu_seconds();

} // namespace intermute::bench
