#pragma once

#include "actors/cell.hpp"
#include "base/bounded_ring.hpp"
#include "domain/inbox.hpp"

#include <atomic>
#include <memory>
#include <vector>

namespace intermute::actors {

using event_ptr = std::shared_ptr<const domain::event>;

/// Carries committed events from the writer to the push actor: a bounded ring and at most one
/// wake-up note at a time. When the ring is full events are left out and the gap is marked; the
/// push actor then reads the log instead, so nothing is lost. Safe from any thread.
class event_feed {
public:
  /// @param capacity    Events that may wait.
  /// @param high_water  The last cursor of the log so far.
  event_feed(std::size_t capacity, domain::cursor high_water)
    : ring_(capacity), high_water_(high_water) {}

  /// Whom to wake; set once before the first event.
  void connect(cell_ptr push) { push_ = std::move(push); }

  /// Adds events in cursor order; `wake` then has the push actor look at them.
  void publish(std::vector<domain::event> events);

  /// Says that events may be missing here; `wake` then tells the push actor.
  void mark_gap() { gap_.store(true); }

  /// Wakes the push actor, unless it is already to look.
  void wake();

  /// For the push actor: events that wait, oldest first, at most `most`.
  /// @returns False when nothing is left: the next event will wake it again.
  bool drain(std::vector<event_ptr>& into, std::size_t most);

  /// True once after events were left out.
  [[nodiscard]] bool take_gap() { return gap_.exchange(false); }

  /// The highest cursor that was ever published here.
  [[nodiscard]] domain::cursor high_water() const noexcept { return high_water_.load(); }

  [[nodiscard]] std::size_t backlog() const { return ring_.size(); }

private:
  base::bounded_ring<event_ptr> ring_;
  std::atomic<domain::cursor> high_water_;
  std::atomic<bool> gap_{false};
  std::atomic<bool> woken_{false};
  cell_ptr push_;
};

} // namespace intermute::actors
