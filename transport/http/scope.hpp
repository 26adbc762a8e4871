#pragma once

#include "actors/idempotency.hpp"
#include "base/result.hpp"
#include "transport/http/request.hpp"

#include <optional>
#include <string>
#include <string_view>

/// Whose a request is: the project it concerns, the agent it acts as, and what its repeats are
/// known by. Pure functions of the request and of who sends it.
namespace intermute::transport::http {

/// What it means when a caller that is confined to a project names none.
enum class unnamed : std::uint8_t {
  is_own,     ///< Its own project.
  is_refused, ///< 400: it has to be named.
};

/// The project that a request concerns (contract 3, decision 8): `named` as it is, but for a caller
/// that is confined to a project that one.
/// Fails with `project_mismatch` when such a caller names another, compared byte by byte, and with
/// `project_required` when it names a blank one and `blank` refuses that.
[[nodiscard]] base::result<std::string> project_of(const identity& who, std::string_view named,
                                                   unnamed blank = unnamed::is_own);

/// As `project_of`, for reads where the empty name means all projects: nothing stands for these.
[[nodiscard]] base::result<std::optional<std::string>> projects_of(const identity& who,
                                                                   std::string_view named);

/// Whether the caller may write as `agent` (decisions 9 and 16). What a token proves has to be that
/// agent: else `agent_identity_mismatch`. An agent that is only named in `X-Agent-ID` is not
/// compared, as in the reference.
/// @param token_required  `auth.require_agent_token`: without a proof it is `agent_token_required`.
///                        A caller with an operator's key is exempt; one that merely calls from
///                        this machine is not, or the rule would hold for nobody there.
[[nodiscard]] base::result<void> check_acting(const identity& who, std::string_view agent,
                                              bool token_required);

/// Whether the caller may change what belongs to `agent` alone: its policies, its contacts, its
/// being in service. As `check_acting`, and a caller that names another agent is refused with
/// `operator_required` unless it is an operator.
[[nodiscard]] base::result<void> check_owning(const identity& who, std::string_view agent,
                                              bool token_required);

/// Who reads, for what is shown to some readers alone: the agent that the caller names, else the
/// query member `agent`; may be empty.
[[nodiscard]] std::string reader_of(const request& from);

/// Who asks for a release (decision 16): the agent of the token or of `X-Agent-ID`; the query
/// member `agent_id` when the server is without authentication, and beside a token, so that the
/// two can be compared. May be empty.
[[nodiscard]] std::string releaser_of(const request& from);

/// What stands for a request with an Idempotency-Key (decision 6): its project, who sends it
/// (the agent that the caller names, else the one it acts as), method, path, query and key, all as
/// sent. Fails with `invalid_idempotency_key` unless the key has 1 to 255 bytes.
/// @param body_digest  SHA-256 of the body as it was received.
[[nodiscard]] base::result<actors::idempotency> claim_of(const request& from,
                                                         std::string_view project,
                                                         std::string_view acting,
                                                         std::string body_digest);

} // namespace intermute::transport::http
