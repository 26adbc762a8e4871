#pragma once

#include "actors/front.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "config/server_config.hpp"
#include "config/websocket_config.hpp"
#include "observe/log.hpp"
#include "observe/registry.hpp"
#include "transport/access_rules.hpp"
#include "transport/metrics.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

namespace intermute::transport {

/// Counts what is open, and lets one thread wait until nothing is. Safe from any thread.
class open_count {
public:
  [[nodiscard]] std::uint32_t now() const noexcept {
    return count_.load(std::memory_order_relaxed);
  }
  /// @returns How many are open with the new one.
  std::uint32_t add() noexcept { return count_.fetch_add(1) + 1; }

  void remove() {
    if (count_.fetch_sub(1) != 1)
      return;
    const std::lock_guard guard{mutex_}; // So that no waiter misses it between look and sleep.
    none_.notify_all();
  }
  /// @returns False if some are still open at `until`.
  bool wait_for_none(base::steady_time until) {
    std::unique_lock lock{mutex_};
    return none_.wait_until(lock, until, [&] { return count_.load() == 0; });
  }

private:
  std::atomic<std::uint32_t> count_{0};
  std::mutex mutex_;
  std::condition_variable none_;
};

/// What the parts of transport share; lives as long as the server.
struct services {
  config::server_config server;
  config::websocket_config websocket;
  actors::front& front;
  observe::registry& registry;
  observe::logger log;
  const base::clock& clock;
  base::entropy& entropy;
  std::string version;
  transport::metrics metrics;
  open_count connections; ///< HTTP and WebSocket.
  open_count sockets;     ///< WebSocket alone; each holds a subscription.
  access_rules_slot rules;

  /// True if a write needs the token of the agent it acts as. Safe from any thread.
  [[nodiscard]] bool require_agent_token() const noexcept { return rules.require_agent_token(); }
};

} // namespace intermute::transport
