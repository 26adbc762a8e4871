#include "actors/store_supervisor.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;
using domain::breaker_state;

/// How soon the store is probed when it is not known what it holds.
constexpr std::chrono::milliseconds uncertain_pause{20};

/// An empty change: it makes the writer begin and commit, and the publisher tells how that went.
class probe_context final : public write_context {
public:
  explicit probe_context(cell_ptr owner) : write_context(std::move(owner), nullptr) {}
  void committed(storage::change&, publication&) override {}
  void rejected(storage::change&, publication&) override {}
};

base::error refusal(const base::error& why) {
  if (why.code == errc::storage_full)
    return {errc::storage_full,
            "The disk is full, so nothing can be stored; reads are served. Free space: writes "
            "come back by themselves.",
            {}};
  return {errc::storage_unavailable,
          "The store does not take writes at the moment (" + why.detail
            + "); reads are served. Repeat the request after Retry-After.",
          {}};
}

} // namespace

store_supervisor::store_supervisor(caf::actor_config& config, cell_ptr address,
                                   store_supervisor_deps deps)
  : bounded(config, std::move(address)), deps_(std::move(deps)),
    breaker_({deps_.limits.failures_max, deps_.limits.open_time, deps_.limits.open_time_max}),
    epoch_(this->address()->next_epoch()) {}

store_supervisor::behavior_type store_supervisor::make_behavior() {
  // A former life may have left the gate shut and notes unheard: begin closed, and look.
  deps_.gate.admit();
  uncertain_ = true;
  arm(uncertain_pause);
  return {
    [this](const store_note& note) { heard(note); },
    [this](probe_note) {
      probe_armed_ = false;
      probe();
    },
  };
}

void store_supervisor::heard(const store_note& note) {
  const auto before = breaker_.state();
  if (note.well) {
    breaker_.succeeded();
    deps_.gate.admit();
  } else {
    breaker_.failed(deps_.clock.steady());
    deps_.say->warn("store_fault code={} why={}", to_string(note.why.code),
                    observe::field(note.why.detail));
  }
  uncertain_ = note.uncertain;
  if (breaker_.state() == breaker_state::open) {
    deps_.gate.refuse(refusal(note.why));
    arm(breaker_.probe_at() - deps_.clock.steady());
  } else if (uncertain_) {
    arm(uncertain_pause);
  }
  if (breaker_.state() != before)
    deps_.say->warn("breaker_changed from={} to={}", to_string(before),
                    to_string(breaker_.state()));
  show();
}

void store_supervisor::arm(std::chrono::nanoseconds pause) {
  if (!std::exchange(probe_armed_, true))
    delayed_send<caf::message_priority::high>(
      this, std::max<std::chrono::nanoseconds>(pause, std::chrono::milliseconds{1}), probe_note{});
}

void store_supervisor::probe() {
  const auto now = deps_.clock.steady();
  if (breaker_.state() == breaker_state::open && now < breaker_.probe_at())
    return arm(breaker_.probe_at() - now);
  if (breaker_.state() == breaker_state::closed && !uncertain_)
    return;
  (void)breaker_.admit(now); // From open to half open; a probe is all that is admitted.
  show();
  // A new epoch each time: the writer rejects what follows a failed change of the same one.
  epoch_ = address()->next_epoch();
  if (!deps_.log.submit(epoch_, {}, std::make_unique<probe_context>(address())))
    heard({false, false, {errc::storage_unavailable, "the writer takes no probe", {}}});
}

void store_supervisor::show() {
  switch (breaker_.state()) {
  case breaker_state::closed: return deps_.state.Set(0);
  case breaker_state::half_open: return deps_.state.Set(1);
  case breaker_state::open: return deps_.state.Set(2);
  }
}

} // namespace intermute::actors
