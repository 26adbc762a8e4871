#pragma once

#include "actors/op.hpp"
#include "actors/requests/agents.hpp"
#include "domain/reservation.hpp"

#include <optional>
#include <string>
#include <vector>

/// What clients ask of reservations (contract 11, decisions 11 to 16).
namespace intermute::actors {

/// One reservation that stands in the way.
struct conflict {
  std::string reservation_id;
  std::string agent_id;
  std::string held_by; ///< The holder's name if it is registered, else its id.
  std::string pattern;
  std::string reason;
  base::wall_time expires_at{};
};

/// Reserves the paths that a pattern matches, all or nothing, at once or not at all.
///
/// Reservations of other agents conflict when some path matches both patterns and one of the two
/// is exclusive. Own ones never do. A refusal that rests on a reservation which is not on the disk
/// yet is told once it is. Fails with `missing_field`, `invalid_pattern`, `pattern_too_complex`,
/// `reservation_limit`.
struct reserved {
  domain::reservation reservation; ///< Blank when `conflicts` is not empty.
  bool ttl_capped = false;
  bool glued_globstar = false;     ///< `**` stands beside text and is a plain star there.
  std::vector<conflict> conflicts; ///< Not empty: refused because of all of these.
};
struct reserve {
  static constexpr op_kind kind = op_kind::reserve;
  static constexpr urgency admission = urgency::normal;
  using reply = reserved;

  std::string project;
  std::string agent_id; ///< Need not be registered.
  std::string path_pattern;
  bool exclusive = false;
  std::string reason;
  std::int64_t ttl_minutes = 0; ///< 0 or less: the default.
};

/// The active reservations of a project, or all that an agent ever made; newest first.
struct reservation_list {
  std::vector<domain::reservation> reservations;
  base::wall_time now{}; ///< What `is_active` is judged at.
};
struct list_reservations {
  static constexpr op_kind kind = op_kind::list_reservations;
  static constexpr urgency admission = urgency::normal;
  using reply = reservation_list;

  std::string project; ///< Of which the active ones are wanted; unused with `agent_id`.
  std::optional<std::string> agent_id; ///< Set: its whole history, in all projects.
  confinement within;
};

/// The active reservations that a pattern would conflict with, those of the asker included.
struct conflict_list {
  std::vector<conflict> conflicts; ///< In the order of their creation.
};
struct check_reservation {
  static constexpr op_kind kind = op_kind::check_reservation;
  static constexpr urgency admission = urgency::normal;
  using reply = conflict_list;

  std::string project;
  std::string pattern;
  bool exclusive = true;
};

/// Ends a reservation before its time. Fails with `reservation_not_found` (also when it has ended
/// or belongs to another project than the caller's), `not_reservation_owner`.
struct released {};
struct release_reservation {
  static constexpr op_kind kind = op_kind::release_reservation;
  static constexpr urgency admission = urgency::draining;
  using reply = released;

  std::string id;
  std::string agent_id; ///< Who asks; must be the owner.
  confinement within;
  std::string project; ///< INTERNAL: found out on the way.
};

} // namespace intermute::actors
