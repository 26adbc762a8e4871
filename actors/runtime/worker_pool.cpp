#include "actors/runtime/worker_pool.hpp"

namespace intermute::actors {

void worker_pool::start(std::size_t threads) {
  for (std::size_t i = 0; i < threads; ++i)
    threads_.emplace_back([this] { run(); });
}

void worker_pool::stop() {
  jobs_.close();
  for (auto& one : threads_)
    one.join();
  threads_.clear();
}

bool worker_pool::step() {
  std::vector<job> next;
  if (jobs_.drain(next, 1) == 0)
    return false;
  next.front()();
  return true;
}

void worker_pool::run() {
  for (;;) { // Ends: the queue is closed and empty.
    std::vector<job> next;
    if (jobs_.wait_and_drain(next, 1) == 0)
      return;
    next.front()();
  }
}

} // namespace intermute::actors
