#include "base/error.hpp"

#include <array>

namespace intermute::base {
namespace {

struct row {
  errc code;
  std::string_view name;
  fault kind;
  bool storage;
};

constexpr std::array<row, errc_count> rows{{
  {errc::invalid_json, "invalid_json", fault::caller, false},
  {errc::invalid_utf8, "invalid_utf8", fault::caller, false},
  {errc::invalid_request, "invalid_request", fault::caller, false},
  {errc::missing_field, "missing_field", fault::caller, false},
  {errc::invalid_session_id, "invalid_session_id", fault::caller, false},
  {errc::invalid_focus_state, "invalid_focus_state", fault::caller, false},
  {errc::invalid_transport, "invalid_transport", fault::caller, false},
  {errc::invalid_cursor, "invalid_cursor", fault::caller, false},
  {errc::invalid_pattern, "invalid_pattern", fault::caller, false},
  {errc::pattern_too_complex, "pattern_too_complex", fault::caller, false},
  {errc::invalid_ttl, "invalid_ttl", fault::caller, false},
  {errc::invalid_policy, "invalid_policy", fault::caller, false},
  {errc::policy_required, "policy_required", fault::caller, false},
  {errc::metadata_required, "metadata_required", fault::caller, false},
  {errc::metadata_too_large, "metadata_too_large", fault::caller, false},
  {errc::project_required, "project_required", fault::caller, false},
  {errc::invalid_idempotency_key, "invalid_idempotency_key", fault::caller, false},
  {errc::idempotency_key_reused, "idempotency_key_reused", fault::caller, false},
  {errc::body_too_large, "body_too_large", fault::caller, false},
  {errc::headers_too_large, "headers_too_large", fault::caller, false},
  {errc::bad_http, "bad_http", fault::caller, false},
  {errc::route_not_found, "route_not_found", fault::caller, false},
  {errc::agent_not_found, "agent_not_found", fault::caller, false},
  {errc::message_not_found, "message_not_found", fault::caller, false},
  {errc::reservation_not_found, "reservation_not_found", fault::caller, false},
  {errc::method_not_allowed, "method_not_allowed", fault::caller, false},
  {errc::host_not_allowed, "host_not_allowed", fault::caller, false},
  {errc::cross_origin, "cross_origin", fault::caller, false},
  {errc::upgrade_required, "upgrade_required", fault::caller, false},
  {errc::unauthorized, "unauthorized", fault::caller, false},
  {errc::agent_token_unknown, "agent_token_unknown", fault::caller, false},
  {errc::agent_token_required, "agent_token_required", fault::caller, false},
  {errc::agent_identity_mismatch, "agent_identity_mismatch", fault::caller, false},
  {errc::operator_required, "operator_required", fault::caller, false},
  {errc::project_mismatch, "project_mismatch", fault::caller, false},
  {errc::policy_denied, "policy_denied", fault::caller, false},
  {errc::not_reservation_owner, "not_reservation_owner", fault::caller, false},
  {errc::request_timeout, "request_timeout", fault::caller, false},
  {errc::active_session_conflict, "active_session_conflict", fault::state, false},
  {errc::message_id_taken, "message_id_taken", fault::state, false},
  {errc::contact_limit, "contact_limit", fault::state, false},
  {errc::reservation_conflict, "reservation_conflict", fault::state, false},
  {errc::reservation_limit, "reservation_limit", fault::state, false},
  {errc::idempotency_in_progress, "idempotency_in_progress", fault::state, false},
  {errc::mailbox_full, "mailbox_full", fault::busy, false},
  {errc::rate_limited, "rate_limited", fault::busy, false},
  {errc::deadline_exceeded, "deadline_exceeded", fault::busy, false},
  {errc::actor_restarting, "actor_restarting", fault::busy, false},
  {errc::quarantined, "quarantined", fault::busy, false},
  {errc::storage_busy, "storage_busy", fault::busy, true},
  {errc::storage_unavailable, "storage_unavailable", fault::busy, false},
  {errc::storage_full, "storage_full", fault::busy, true},
  {errc::shutting_down, "shutting_down", fault::busy, false},
  {errc::storage_corrupt, "storage_corrupt", fault::broken, true},
  {errc::storage_failed, "storage_failed", fault::broken, true},
  {errc::outcome_unknown, "outcome_unknown", fault::broken, true},
  {errc::internal, "internal", fault::broken, false},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (static_cast<std::size_t>(rows[i].code) != i)
      return false;
  return true;
}
static_assert(in_order(), "the table must list every errc in its own order");

const row& row_of(errc code) noexcept { return rows[static_cast<std::size_t>(code)]; }

} // namespace

fault fault_of(errc code) noexcept { return row_of(code).kind; }

std::string_view to_string(errc code) noexcept { return row_of(code).name; }

bool is_storage_fault(errc code) noexcept { return row_of(code).storage; }

} // namespace intermute::base
