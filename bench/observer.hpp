#pragma once

#include "bench/driver.hpp"
#include "bench/fleet.hpp"

#include <optional>

namespace intermute::bench {

/// Watches the clock, the server's process and this one from the main thread during a run.
class observer {
public:
  /// @param pid  The server, or 0 to watch only ourselves.
  /// @throws std::runtime_error  When there is no such process.
  explicit observer(int pid);

  /// Blocks until the measured time is over or the fleet has finished.
  void watch(const fleet& working, const window& measured);

  /// Writes down what was seen. Needs `seconds` and `in_window` of the result.
  void conclude(run_result& result);

private:
  std::optional<process_sample> sample();
  void sample_and_sleep(bench_clock::time_point until);

  int pid_;
  process_figures figures_;
  double server_cpu_ = 0;
  double own_cpu_ = 0;
};

} // namespace intermute::bench
