#pragma once

#include "base/result.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>

namespace intermute::actors {

/// Whether writes are admitted: the store supervisor's breaker as everybody else sees it.
/// Safe from any thread; one relaxed load per check while writes are admitted.
class store_gate {
public:
  /// Success, or why no write may begin now (`storage_unavailable`, `storage_full`, ...).
  [[nodiscard]] base::result<void> admit_write() const {
    if (open_.load(std::memory_order_acquire)) [[likely]]
      return {};
    const std::lock_guard guard{mutex_};
    return why_;
  }

  /// Refuses writes from now on.
  void refuse(base::error why) {
    const std::lock_guard guard{mutex_};
    if (!condemned_)
      why_ = std::move(why);
    open_.store(false, std::memory_order_release);
  }

  /// Admits writes again, unless the store was condemned.
  void admit() {
    const std::lock_guard guard{mutex_};
    if (!condemned_)
      open_.store(true, std::memory_order_release);
  }

  /// The store is damaged: no write is ever admitted again in this process.
  void condemn(base::error why) {
    const std::lock_guard guard{mutex_};
    why_ = std::move(why);
    condemned_ = true;
    open_.store(false, std::memory_order_release);
  }

  /// Why the store is degraded; empty when it is well.
  [[nodiscard]] std::string degraded() const {
    if (open_.load(std::memory_order_acquire))
      return {};
    const std::lock_guard guard{mutex_};
    return why_.detail.empty() ? std::string{to_string(why_.code)} : why_.detail;
  }

private:
  std::atomic<bool> open_{true};
  mutable std::mutex mutex_;
  base::error why_{};
  bool condemned_ = false;
};

} // namespace intermute::actors
