#pragma once

#include "bench/load/histogram.hpp"

#include <chrono>
#include <mutex>
#include <utility>

namespace intermute::bench {

/// The latencies since somebody last looked, for the line that shows how a run goes. One thread
/// adds, another takes.
class recent_answers {
public:
  void add(std::chrono::nanoseconds latency) {
    const std::lock_guard lock{guard_};
    now_.record(static_cast<std::uint64_t>(latency.count()));
  }

  /// Adds all to `into` and begins anew.
  void take(histogram& into) {
    histogram fresh;
    {
      const std::lock_guard lock{guard_};
      std::swap(fresh, now_);
    }
    into.merge(fresh);
  }

private:
  std::mutex guard_;
  histogram now_;
};

} // namespace intermute::bench
