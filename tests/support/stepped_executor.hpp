#pragma once

#include "actors/runtime/executor.hpp"
#include "base/ids.hpp"

#include <map>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

namespace intermute::test {

/// A clock that a test moves.
class stepped_clock final : public base::clock {
public:
  [[nodiscard]] base::steady_time steady() const override { return base::steady_time{since_}; }
  [[nodiscard]] base::wall_time wall() const override {
    return base::wall_time{std::chrono::hours{24 * 365 * 50} + since_};
  }
  void advance(std::chrono::nanoseconds by) { since_ += by; }

private:
  std::chrono::nanoseconds since_{std::chrono::hours{1}};
};

/// Randomness that a seed repeats.
class seeded_entropy final : public base::entropy {
public:
  explicit seeded_entropy(std::uint64_t seed) : random_(seed) {}
  void fill(std::uint8_t* into, std::size_t length) override {
    for (std::size_t i = 0; i < length; ++i)
      into[i] = static_cast<std::uint8_t>(random_());
  }

private:
  std::mt19937_64 random_;
};

/// Runs actors one turn at a time, in an order drawn from the seed. Time moves only by `advance`.
/// The lock is for CAF's own helper threads, which post while a system ends.
class stepped_executor final : public actors::executor {
public:
  stepped_executor(stepped_clock& time, std::mt19937_64& random) : clock_(time), random_(random) {}

  void post(job what) override {
    const std::lock_guard guard{mutex_};
    jobs_.push_back(std::move(what));
  }
  void post_at(base::steady_time when, job what) override {
    const std::lock_guard guard{mutex_};
    timers_.emplace(when, std::move(what));
  }
  [[nodiscard]] base::steady_time now() const override { return clock_.steady(); }

  bool run_until(const std::function<bool()>& done) override {
    for (int i = 0; i < 2'000'000; ++i) { // Bounded: about ten seconds of waiting for a thread.
      if (done())
        return true;
      if (!step())
        std::this_thread::sleep_for(std::chrono::microseconds{5});
    }
    return false;
  }

  /// Runs one job, any of those that wait. @returns False when there was none.
  bool step() {
    job next;
    {
      const std::lock_guard guard{mutex_};
      if (jobs_.empty())
        return false;
      std::swap(jobs_[random_() % jobs_.size()], jobs_.back());
      next = std::move(jobs_.back());
      jobs_.pop_back();
    }
    next();
    return true;
  }

  /// Moves time and posts the timers that are due.
  void advance(std::chrono::nanoseconds by) {
    clock_.advance(by);
    const std::lock_guard guard{mutex_};
    while (!timers_.empty() && timers_.begin()->first <= clock_.steady()) { // Ends: one off each.
      jobs_.push_back(std::move(timers_.begin()->second));
      timers_.erase(timers_.begin());
    }
  }

private:
  stepped_clock& clock_;
  std::mt19937_64& random_;
  std::mutex mutex_;
  std::vector<job> jobs_;
  std::multimap<base::steady_time, job> timers_;
};

} // namespace intermute::test
