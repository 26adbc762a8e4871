#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"
#include "domain/hold_table.hpp"

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

namespace intermute::actors {

/// The actor of one project's reservations: judges on its tentative state, shows the committed
/// one, and ends what expires.
///
/// Time is the steady clock's: a jump of the wall clock neither ends nor prolongs anything.
/// Requests are judged one after the other; when comparing patterns would take too long for an io
/// thread, a worker does it and the later ones wait.
class reservations final : public bounded<reservations_actor::base> {
public:
  reservations(caf::actor_config& config, cell_ptr address, const services& deps,
               std::string project);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "reservations"; }

private:
  // Life and loading: reservations.cpp
  void reload();
  void load();
  void loaded(const holds_loaded& note);
  void granted(const holds_granted& note);
  void ended(const holds_ended& note);
  void forget(const std::string& id);
  void expire();
  void arm();
  void handle(op_ptr what);
  void serve(op_ptr what);
  void serve_waiting();
  void list(op_of<list_reservations>& what) const;
  [[nodiscard]] base::wall_time now() const;

  // Judging: reservations_judge.cpp
  void judge(op_of<reserve>& what);
  /// Compares here, or has a worker do it. `found` then gets the ids that overlap.
  template <class Request>
  void compare(op_of<Request>& what, const domain::glob& pattern,
               const std::vector<const domain::hold*>& with,
               void (reservations::*found)(op_of<Request>&, const std::vector<std::string>&));
  void compared(const overlaps_found& note);
  void settle(op_of<reserve>& what, const std::vector<std::string>& overlapping);
  void grant(op_of<reserve>& what);
  void check(op_of<check_reservation>& what);
  void settle(op_of<check_reservation>& what, const std::vector<std::string>& overlapping);
  void release(op_of<release_reservation>& what);
  /// Has `what` judged again once the fate of `of` is known.
  void wait_for(const std::string& of, op& what);
  [[nodiscard]] conflict conflict_of(const domain::reservation& with) const;

  const services& deps_;
  const std::string project_;
  storage::epoch epoch_ = 0;
  bool loading_ = true;
  std::deque<op_ptr> waiting_;           ///< While loading or comparing; bounded by their places.
  std::vector<std::string> ended_early_; ///< While loading: ends that the snapshot may not show.
  op_ptr comparing_;                     ///< The reservation that a worker compares.

  domain::hold_table table_;
  /// Requests whose answer rests on a hold that is not decided on the disk, by its id.
  std::unordered_map<std::string, std::vector<op_ptr>> dependents_;

  base::steady_time armed_ = base::steady_time::max(); ///< When the timer runs.
  // The wall clock as it goes on from the last load, whatever jumps it makes meanwhile.
  base::wall_time loaded_at_{};
  base::steady_time loaded_at_steady_{};
};

} // namespace intermute::actors
