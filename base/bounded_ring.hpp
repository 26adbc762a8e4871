#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace intermute::base {

/// A first-in first-out queue of fixed size between any number of producers and consumers.
///
/// A full ring refuses; it never grows and never waits. The slots are one allocation made at
/// construction. A push costs one uncontended lock; only a push that finds a consumer asleep
/// pays for waking it. Safe from any thread.
template <class T>
class bounded_ring {
public:
  /// @param capacity  Elements; at least 1.
  explicit bounded_ring(std::size_t capacity) : slots_(capacity) {}

  /// @returns False if the ring is full or closed; `value` is then left as it was.
  [[nodiscard]] bool try_push(T& value) {
    bool wake = false;
    {
      const std::lock_guard guard{mutex_};
      if (closed_ || size_ == slots_.size())
        return false;
      slots_[(head_ + size_) % slots_.size()] = std::move(value);
      ++size_;
      wake = asleep_ > 0;
      asleep_ -= wake ? 1 : 0; // Whoever is woken is not counted any more.
    }
    if (wake)
      wakeup_.notify_one();
    return true;
  }

  /// Moves up to `most` elements, oldest first, to the end of `into`; never waits.
  /// @returns How many came.
  std::size_t drain(std::vector<T>& into, std::size_t most) {
    const std::lock_guard guard{mutex_};
    return take(into, most);
  }

  /// As `drain`, but sleeps while the ring is empty.
  /// @returns 0 only when the ring is closed and empty.
  std::size_t wait_and_drain(std::vector<T>& into, std::size_t most) {
    std::unique_lock lock{mutex_};
    while (size_ == 0 && !closed_) { // Ends: a push or close() wakes it.
      ++asleep_;
      wakeup_.wait(lock);
    }
    return take(into, most);
  }

  /// Refuses every later push; what is in the ring can still be drained. Idempotent.
  void close() {
    {
      const std::lock_guard guard{mutex_};
      closed_ = true;
    }
    wakeup_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    const std::lock_guard guard{mutex_};
    return size_;
  }

  [[nodiscard]] std::size_t capacity() const noexcept { return slots_.size(); }

private:
  std::size_t take(std::vector<T>& into, std::size_t most) {
    const auto count = size_ < most ? size_ : most;
    for (std::size_t i = 0; i < count; ++i) {
      into.push_back(std::move(slots_[head_]));
      slots_[head_] = T{};
      head_ = (head_ + 1) % slots_.size();
    }
    size_ -= count;
    return count;
  }

  mutable std::mutex mutex_;
  std::condition_variable wakeup_;
  std::vector<T> slots_;
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t asleep_ = 0; ///< Consumers that sleep and were not woken.
  bool closed_ = false;
};

} // namespace intermute::base
