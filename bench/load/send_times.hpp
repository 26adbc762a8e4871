#pragma once

#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace intermute::bench {

/// When the latest messages of each connection were due: written by the thread that sends, read by
/// those that hear of the message. Of each connection the last `kept` are known.
class send_times {
public:
  explicit send_times(std::size_t connections) : due_(connections * kept) {}

  void set(const message_name& of, bench_clock::time_point due) noexcept {
    slot(of).store(due.time_since_epoch().count(), std::memory_order_release);
  }
  [[nodiscard]] bench_clock::time_point get(const message_name& of) noexcept {
    return bench_clock::time_point{bench_clock::duration{slot(of).load(std::memory_order_acquire)}};
  }

private:
  static constexpr std::size_t kept = 4'096;

  std::atomic<std::int64_t>& slot(const message_name& of) noexcept {
    return due_[of.connection * kept + of.number % kept];
  }

  std::vector<std::atomic<std::int64_t>> due_;
};

} // namespace intermute::bench
