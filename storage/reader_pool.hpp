#pragma once

#include "base/bounded_ring.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace intermute::storage {

/// Runs reads of the store beside the writer, on threads and connections of its own.
///
/// The queue is bounded: a full pool refuses. Without threads (a test), `step()` runs one job.
class reader_pool {
public:
  /// A read. Called once, on a reader's thread. Must not throw.
  using job = std::function<void(reader&)>;

  /// @param readers   At least one connection; each gets a thread in `start()`.
  /// @param capacity  Jobs that may wait; at least 1.
  reader_pool(std::vector<std::unique_ptr<reader>> readers, std::size_t capacity);
  ~reader_pool();

  reader_pool(const reader_pool&) = delete;
  reader_pool& operator=(const reader_pool&) = delete;

  /// Starts one thread per connection.
  void start();

  /// Lets the threads finish the jobs that wait, joins them, closes the connections. Idempotent.
  void stop();

  /// @returns False when the queue is full or stopped; the job is then dropped unrun.
  [[nodiscard]] bool submit(job what);

  /// While held, jobs wait: what the file shows may not be durable. Safe from any thread.
  void hold(bool held);

  /// Runs the oldest job on the calling thread with the first connection; for tests.
  /// @returns False when there was none, or the pool is held.
  bool step();

  /// Jobs that wait. Safe from any thread.
  [[nodiscard]] std::size_t backlog() const { return jobs_.size(); }
  [[nodiscard]] std::size_t capacity() const noexcept { return jobs_.capacity(); }

private:
  void run(reader& connection);

  std::vector<std::unique_ptr<reader>> readers_;
  base::bounded_ring<job> jobs_;
  std::atomic<bool> held_ = false;
  std::vector<std::thread> threads_;
};

} // namespace intermute::storage
