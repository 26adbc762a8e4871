#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::base {

/// What a caller may do about a failure. Retry and breaker look only at this.
enum class fault : std::uint8_t {
  caller, ///< The request is wrong; sending it again fails again.
  state,  ///< The request is fine but the current state refuses it.
  busy,   ///< Nothing happened; the same request may succeed later.
  broken, ///< Our defect or lost hardware; retrying does not help.
};

/// Every failure that crosses a layer. The wire's `code` member is `to_string` of it, so a name
/// is never changed once released. One row each in `base/error.cpp`.
enum class errc : std::uint8_t {
  // The caller's.
  invalid_json,
  invalid_utf8,
  invalid_request,
  missing_field,
  invalid_session_id,
  invalid_focus_state,
  invalid_transport,
  invalid_cursor,
  invalid_pattern,
  pattern_too_complex,
  invalid_ttl,
  invalid_policy,
  policy_required,
  metadata_required,
  metadata_too_large,
  project_required,
  invalid_idempotency_key,
  idempotency_key_reused,
  body_too_large,
  headers_too_large,
  bad_http,
  route_not_found,
  agent_not_found,
  message_not_found,
  reservation_not_found,
  method_not_allowed,
  host_not_allowed,
  cross_origin,
  upgrade_required,
  unauthorized,
  agent_token_unknown,
  agent_token_required,
  agent_identity_mismatch,
  operator_required,
  project_mismatch,
  policy_denied,
  not_reservation_owner,
  request_timeout,
  // The state's.
  active_session_conflict,
  message_id_taken,
  contact_limit,
  reservation_conflict,
  reservation_limit,
  idempotency_in_progress,
  // Busy: nothing happened.
  mailbox_full,
  rate_limited,
  deadline_exceeded,
  actor_restarting,
  quarantined,
  storage_busy,
  storage_unavailable,
  storage_full,
  shutting_down,
  // Broken.
  storage_corrupt,
  storage_failed,
  outcome_unknown,
  internal,
};

/// The number of codes, for tables and tests that walk all of them.
inline constexpr std::size_t errc_count = static_cast<std::size_t>(errc::internal) + 1;

/// Tells what the caller may do about `code`. Constant time.
[[nodiscard]] fault fault_of(errc code) noexcept;

/// The stable snake_case name of `code`, as the wire shows it.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// True for failures of the storage itself, the only ones a breaker counts.
[[nodiscard]] bool is_storage_fault(errc code) noexcept;

/// A failure with its cause.
struct error {
  errc code{};
  std::string detail; ///< One sentence for a human, saying what to do; never parsed.
  std::string where;  ///< The full queue (`project`), the field or bound at fault, or empty.
  /// What the code goes with, else 0: the byte offset (`invalid_pattern`), the limit
  /// (`pattern_too_complex`, `reservation_limit`), the seconds to wait (`rate_limited`).
  std::uint64_t number = 0;
};

} // namespace intermute::base
