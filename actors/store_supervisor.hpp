#pragma once

#include "actors/bounded.hpp"
#include "actors/change_log.hpp"
#include "actors/messages.hpp"
#include "config/breaker_config.hpp"
#include "domain/breaker.hpp"
#include "observe/log.hpp"
#include "observe/registry.hpp"

namespace intermute::actors {

/// What the store supervisor needs from outside; all outlive it.
struct store_supervisor_deps {
  const config::breaker_config& limits;
  const base::clock& clock;
  store_gate& gate;
  const change_log& log;
  observe::gauge& state; ///< 0 closed, 1 half open, 2 open.
  observe::logger say;
};

/// Keeps the breaker of the store. It hears of every faulty batch and of the first good one after
/// it; while the breaker is open no write is admitted, and at the end of each open time one empty
/// change probes the store (which reopens the file when that is what it needs).
class store_supervisor final : public bounded<store_supervisor_actor::base> {
public:
  store_supervisor(caf::actor_config& config, cell_ptr address, store_supervisor_deps deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "store_supervisor"; }

private:
  void heard(const store_note& note);
  void arm(std::chrono::nanoseconds pause);
  void probe();
  void show();

  store_supervisor_deps deps_;
  domain::breaker breaker_;
  storage::epoch epoch_;
  bool probe_armed_ = false;
  bool uncertain_ = false; ///< Reads wait until the store is known again: probe at once.
};

} // namespace intermute::actors
