#pragma once

#include "bench/load/crew.hpp"
#include "bench/load/driver.hpp"

#include <functional>
#include <optional>

namespace intermute::bench {

/// How a run goes: what was answered in the last second.
struct progress {
  double elapsed_seconds = 0; ///< Since the measured time began; negative in the warm-up.
  double rate = 0;            ///< Answers per second.
  double p99_ms = 0;
};

using progress_sink = std::function<void(const progress&)>;

/// Watches the clock, the server's process and this one from the main thread during a run.
class observer {
public:
  /// @param pid   The server, or 0 to watch only ourselves.
  /// @param tell  Called about once a second; may be empty.
  /// @throws std::runtime_error  When there is no such process.
  observer(int pid, progress_sink tell);

  /// Blocks until the measured time is over or the crew has finished.
  void watch(crew& working, const window& measured);

  /// Writes down what was seen. Needs `seconds` and `in_window` of the result.
  void conclude(run_result& result);

private:
  std::optional<process_sample> sample();
  void step(crew& working, const window& measured, bench_clock::time_point until);

  int pid_;
  progress_sink tell_;
  bench_clock::time_point told_ = bench_clock::now();
  process_figures figures_;
  double server_cpu_ = 0;
  double own_cpu_ = 0;
};

} // namespace intermute::bench
