#pragma once

#include "base/bounded_ring.hpp"
#include "base/error.hpp"

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace intermute::actors {

/// Does long pure work beside the io threads: whatever would hold one for more than about 100
/// microseconds.
///
/// The queue is bounded: a full pool refuses. Without threads (a test), `step()` does one job.
class worker_pool {
public:
  /// Called once, on a worker's thread. Must not throw.
  using job = std::function<void()>;

  /// @param capacity  Jobs that may wait; at least 1.
  explicit worker_pool(std::size_t capacity) : jobs_(capacity) {}
  ~worker_pool() { stop(); }

  worker_pool(const worker_pool&) = delete;
  worker_pool& operator=(const worker_pool&) = delete;

  void start(std::size_t threads);

  /// Lets the threads finish the jobs that wait, and joins them. Idempotent.
  void stop();

  /// @returns False when the queue is full or stopped; the job is then dropped undone.
  [[nodiscard]] bool submit(job what) { return jobs_.try_push(what); }

  /// Does the oldest job on the calling thread; for tests. @returns False when there was none.
  bool step();

  [[nodiscard]] std::size_t backlog() const { return jobs_.size(); }

  /// What a request is refused with when the pool is full.
  [[nodiscard]] static base::error full() {
    return {base::errc::mailbox_full,
            "Too much long work waits. Repeat the request after Retry-After.", "workers"};
  }

private:
  void run();

  base::bounded_ring<job> jobs_;
  std::vector<std::thread> threads_;
};

} // namespace intermute::actors
