#include "actors/supervisor.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

namespace intermute::actors {
namespace {

/// How long a child that was given up stays quarantined before it gets another life.
constexpr std::chrono::seconds quarantine_time{30};

domain::restart_limits limits_of(const config::actors_config& from) {
  return {from.restarts_max, from.restart_window, from.restart_pause, from.restart_pause_max};
}

} // namespace

supervisor_probe::supervisor_probe(observe::registry& to)
  : restarts(to.add_counter("intermute_actor_restarts_total", "Actors restarted after a crash.")),
    quarantines(to.add_counter("intermute_actor_quarantines_total",
                               "Actors stopped for a while because they kept crashing.")) {}

supervisor::supervisor(caf::actor_config& config, supervisor_deps deps)
  : supervisor_actor::base(config), deps_(std::move(deps)) {}

supervisor::behavior_type supervisor::make_behavior() {
  set_down_handler([this](caf::down_msg& note) { down(note); });
  if (deps_.book != nullptr)
    sweep();
  return {
    [this](const watch_note& note) {
      const auto child = caf::actor_cast<caf::actor>(note.born);
      children_[caf::actor_cast<caf::actor_addr>(note.born)] = note.of;
      monitor(child);
    },
    [this](const restart_note& note) {
      deps_.say->info("actor_restarted actor={}", observe::field(note.of->name()));
      deps_.probe.restarts.Increment();
      note.of->restart();
    },
    [this](sweep_note) { sweep(); },
  };
}

void supervisor::down(const caf::down_msg& note) {
  const auto found = children_.find(note.source);
  if (found == children_.end())
    return;
  const auto child = std::move(found->second);
  children_.erase(found);
  if (!note.reason || note.reason == caf::exit_reason::user_shutdown)
    return; // Passivated, or the server stops.
  using action = cell::verdict::action;
  auto verdict = child->crashed(note.source, limits_of(deps_.limits));
  if (verdict.what == action::nothing)
    return;
  if (verdict.what == action::quarantine) {
    deps_.say->error("actor_quarantined actor={} seconds={}", observe::field(child->name()),
                     quarantine_time.count());
    deps_.probe.quarantines.Increment();
    verdict.pause = quarantine_time;
  }
  delayed_send<caf::message_priority::high>(this, verdict.pause, restart_note{child});
}

void supervisor::sweep() {
  const auto idle = deps_.limits.idle_timeout;
  deps_.book->sweep(next_part_++, deps_.clock.steady() - idle);
  delayed_send<caf::message_priority::high>(
    this,
    std::max<std::chrono::nanoseconds>(std::chrono::milliseconds{5},
                                       idle / address_book::part_count),
    sweep_note{});
}

void supervision::connect(supervisor_actor of) {
  const std::lock_guard guard{mutex_};
  of_ = std::move(of);
}

void supervision::watch(const cell_ptr& of, const caf::strong_actor_ptr& born) {
  const std::lock_guard guard{mutex_};
  if (of_)
    caf::anon_send<caf::message_priority::high>(of_, watch_note{of, born});
}

} // namespace intermute::actors
