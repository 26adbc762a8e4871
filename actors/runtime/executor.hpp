#pragma once

#include "base/clock.hpp"

#include <functional>

namespace intermute::actors {

/// Runs the jobs and timers of an actor system; the seam a test steps instead of threads.
/// Safe from any thread; never waits.
class executor {
public:
  using job = std::function<void()>;

  virtual ~executor() = default;

  /// Runs `what` later, in the order posted from one thread.
  virtual void post(job what) = 0;

  /// Posts `what` once `now()` has reached `when`.
  virtual void post_at(base::steady_time when, job what) = 0;

  [[nodiscard]] virtual base::steady_time now() const = 0;

  /// Waits until `done()` is true while jobs go on; a stepped executor runs them itself.
  /// Not to be called from a job.
  /// @returns False if it gave up after a bounded time.
  virtual bool run_until(const std::function<bool()>& done) = 0;
};

} // namespace intermute::actors
