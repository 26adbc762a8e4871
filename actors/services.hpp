#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/change_log.hpp"
#include "actors/event_feed.hpp"
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

/// What actors need from outside. Everything is injected; nothing is global. All members outlive
/// the actors and are safe from any thread.
struct services {
  const base::clock& clock;
  base::entropy& random;
  const config::actors_config& limits;
  const change_log& log;
  storage::reader_pool& readers;
  agent_snapshot_slot& agents;
  event_feed& feed;
  tail_budget& tails;
  event_renderer render;
  std::uint32_t subscriptions_max; ///< In the whole server.
  std::uint32_t replay_page_max;   ///< Events of the log a socket is sent before it asks for more.
  observe::logger say;
};

} // namespace intermute::actors
