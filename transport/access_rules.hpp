#pragma once

#include "config/keyring.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

namespace intermute::transport {

/// Who is let in. A default-made one knows no key and lets the callers of this machine in.
struct access_rules {
  std::shared_ptr<const config::keyring> keys = std::make_shared<const config::keyring>();
  bool require_agent_token = false;  ///< Writes need the token of an agent.
  bool admin_allow_localhost = true; ///< As `config::admin_config::allow_localhost`.
  bool open = false;                 ///< Everybody is let in (embedded servers).
};

/// Where the rules in force hang, so that they can be swapped while the server runs.
/// Safe from any thread.
class access_rules_slot {
public:
  void store(access_rules next) {
    if (!next.keys)
      next.keys = std::make_shared<const config::keyring>();
    const std::lock_guard guard{mutex_};
    require_agent_token_.store(next.require_agent_token, std::memory_order_relaxed);
    current_ = std::make_shared<const access_rules>(std::move(next));
    version_.fetch_add(1, std::memory_order_release);
  }

  [[nodiscard]] std::shared_ptr<const access_rules> load() const {
    const std::lock_guard guard{mutex_};
    return current_;
  }

  /// Grows with each `store`, so that a reader that keeps what it loaded need not load again.
  [[nodiscard]] std::uint64_t version() const noexcept {
    return version_.load(std::memory_order_acquire);
  }

  /// As the rules in force have it. Takes no lock.
  [[nodiscard]] bool require_agent_token() const noexcept {
    return require_agent_token_.load(std::memory_order_relaxed);
  }

private:
  mutable std::mutex mutex_; ///< Guards `current_`.
  std::shared_ptr<const access_rules> current_ = std::make_shared<const access_rules>();
  std::atomic<std::uint64_t> version_{1};
  std::atomic<bool> require_agent_token_{false};
};

} // namespace intermute::transport
