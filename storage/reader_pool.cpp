#include "storage/reader_pool.hpp"

#include <utility>

namespace intermute::storage {

reader_pool::reader_pool(std::vector<std::unique_ptr<reader>> readers, std::size_t capacity)
  : readers_(std::move(readers)), jobs_(capacity > 0 ? capacity : 1) {}

reader_pool::~reader_pool() { stop(); }

void reader_pool::start() {
  for (auto& one : readers_)
    threads_.emplace_back([this, connection = one.get()] { run(*connection); });
}

void reader_pool::stop() {
  hold(false);
  jobs_.close();
  for (auto& one : threads_)
    one.join();
  threads_.clear();
  readers_.clear(); // Closed before the engine, which cleans up as the last connection.
}

bool reader_pool::submit(job what) { return jobs_.try_push(what); }

void reader_pool::hold(bool held) {
  held_ = held;
  held_.notify_all();
}

bool reader_pool::step() {
  std::vector<job> next;
  if (held_ || readers_.empty() || jobs_.drain(next, 1) == 0)
    return false;
  next.front()(*readers_.front());
  return true;
}

void reader_pool::run(reader& connection) {
  for (;;) { // Ends: the queue is closed and empty.
    std::vector<job> next;
    if (jobs_.wait_and_drain(next, 1) == 0)
      return;
    held_.wait(true);
    next.front()(connection);
  }
}

} // namespace intermute::storage
