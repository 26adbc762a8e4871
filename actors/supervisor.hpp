#pragma once

#include "actors/address_book.hpp"
#include "actors/messages.hpp"
#include "config/actors_config.hpp"
#include "observe/log.hpp"
#include "observe/registry.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <memory>
#include <unordered_map>

namespace intermute::actors {

/// What a supervisor counts; `docs/metrics.md` has one row per member.
struct supervisor_probe {
  explicit supervisor_probe(observe::registry& to);

  observe::counter& restarts;
  observe::counter& quarantines;
};

/// What a supervisor needs from outside; all outlive it.
struct supervisor_deps {
  const config::actors_config& limits;
  const base::clock& clock;
  address_book* book; ///< Whose idle actors it ends; null for none.
  supervisor_probe& probe;
  observe::logger say;
};

/// Monitors the actors of cells: one-for-one restart with back-off; a child that crashes more
/// often than the intensity limit allows is quarantined, others are served on (Erlang/OTP's
/// supervision principles). The actors' cells keep what waits for them.
class supervisor final : public supervisor_actor::base {
public:
  supervisor(caf::actor_config& config, supervisor_deps deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "supervisor"; }

private:
  void down(const caf::down_msg& note);
  void sweep();

  supervisor_deps deps_;
  std::unordered_map<caf::actor_addr, cell_ptr> children_;
  std::size_t next_part_ = 0;
};

/// The supervisor as cells see it: a watch note for every birth. Safe from any thread.
class supervision final : public watcher {
public:
  /// Whose children are watched from now on.
  void connect(supervisor_actor of);
  void watch(const cell_ptr& of, const caf::strong_actor_ptr& born) override;

private:
  std::mutex mutex_;
  supervisor_actor of_;
};

} // namespace intermute::actors
