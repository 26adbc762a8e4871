#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/change_log.hpp"
#include "actors/event_feed.hpp"
#include "actors/runtime/worker_pool.hpp"
#include "base/clock.hpp"
#include "base/ids.hpp"
#include "config/actors_config.hpp"
#include "observe/log.hpp"
#include "storage/reader_pool.hpp"

#include <atomic>
#include <cstdint>

namespace intermute::actors {

/// The bytes that all inbox tails may hold together; beyond it each trims its own.
struct tail_budget {
  std::atomic<std::int64_t> used{0};
  std::int64_t limit = 64 << 20;
};

/// Limits that an operator may change while the server runs; see `config::limits_config`.
struct tuned_limits {
  std::atomic<std::uint32_t> broadcasts_per_minute{10};
  std::atomic<std::uint32_t> reservations_per_agent{100};
  std::atomic<std::uint32_t> rate_keys_max{10'000};
  std::atomic<std::uint32_t> contacts_max{1'000};
  std::atomic<std::uint64_t> metadata_bytes_max{65'536};
};

/// What actors need from outside. Everything is injected; nothing is global. All members outlive
/// the actors and are safe from any thread.
struct services {
  const base::clock& clock;
  base::entropy& random;
  const config::actors_config& limits;
  const change_log& log;
  storage::reader_pool& readers;
  worker_pool& work;
  agent_snapshot_slot& agents;
  event_feed& feed;
  tail_budget& tails;
  const tuned_limits& tuned;
  event_renderer render;
  std::uint32_t subscriptions_max; ///< In the whole server.
  std::uint32_t replay_page_max;   ///< Events of the log a socket is sent before it asks for more.
  observe::logger say;
};

} // namespace intermute::actors
