#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::domain {

/// What the screen of an agent is doing, as its harness last said.
enum class focus : std::uint8_t { unknown, at_prompt, tool_use, thinking };

/// The focus named by `text` (`at-prompt`, `tool-use`, `thinking`, `unknown`); else nothing.
[[nodiscard]] std::optional<focus> parse_focus(std::string_view text) noexcept;

/// Who may write to an agent. Named `open`, `auto`, `contacts_only`, `block_all` on the wire.
enum class contact_policy : std::uint8_t { open, automatic, contacts_only, block_all };

/// The policy named by `text`; else nothing.
[[nodiscard]] std::optional<contact_policy> parse_policy(std::string_view text) noexcept;
[[nodiscard]] std::string_view to_string(contact_policy policy) noexcept;

/// A registered agent, as it is stored. `last_seen` and focus live beside it, in memory.
struct agent {
  std::string id;
  std::string session_id; ///< Verbatim as the client wrote it; unique in the server.
  std::string name;
  std::string project;
  std::string token_hash; ///< SHA-256 of the token, 32 bytes; the token itself is not kept.
  std::optional<std::vector<std::string>> capabilities;       ///< Nothing when never given.
  std::optional<std::map<std::string, std::string>> metadata; ///< Nothing when never given.
  std::string status;
  contact_policy policy = contact_policy::open;
  contact_policy live_policy = contact_policy::contacts_only;
  base::wall_time created_at{};
  base::wall_time last_seen{};                 ///< As last persisted; memory knows better.
  std::set<std::string, std::less<>> contacts; ///< Agent ids; need not be registered.
  std::optional<base::wall_time> retired_at;   ///< Set: out of service, its token is dead.
};

/// A session may be taken over when its agent was silent for at least this long.
inline constexpr std::chrono::minutes session_silence_min{5};

/// True if a new registration may take over the session of an agent last seen at `last_seen`.
/// @param holds_reservations  True if the agent has a live reservation; then never.
[[nodiscard]] bool session_reusable(base::wall_time last_seen, base::wall_time now,
                                    bool holds_reservations) noexcept;

/// True if `has` holds at least one of `wanted`, or `wanted` is empty. Exact, case-sensitive.
[[nodiscard]] bool has_any_capability(const std::optional<std::vector<std::string>>& has,
                                      const std::vector<std::string>& wanted);

/// The items of a comma list, trimmed, empty ones dropped.
[[nodiscard]] std::vector<std::string> parse_capabilities(std::string_view list);

} // namespace intermute::domain
