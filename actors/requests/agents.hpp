#pragma once

#include "actors/op.hpp"
#include "domain/agent.hpp"
#include "storage/store.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What clients ask of identities: agents, their policies and contacts, projects.
namespace intermute::actors {

using domain::cursor;

/// The project that the caller is confined to by its key; nothing for callers that are not. An
/// agent of another project is to such a caller as one that does not exist.
using confinement = std::optional<std::string>;

/// True if a caller confined to `within` may know of `one`.
[[nodiscard]] inline bool may_know(const confinement& within, const domain::agent& one) {
  return !within || *within == one.project;
}

/// Registers an agent, or takes over a silent agent's session (contract 4.1).
/// Fails with `invalid_session_id`, `active_session_conflict`.
struct registered {
  std::string agent_id;
  std::string session_id;
  std::string name;
  std::string token; ///< In clear; shown this once.
};
struct register_agent {
  static constexpr op_kind kind = op_kind::register_agent;
  static constexpr urgency admission = urgency::normal;
  using reply = registered;

  std::string project;
  std::string name;       ///< Blank: a generated one.
  std::string session_id; ///< Empty: a new session.
  std::optional<std::vector<std::string>> capabilities;
  std::optional<std::map<std::string, std::string>> metadata;
  std::string status;
  confinement within; ///< A session of an agent of another project is in use, to this caller.
};

/// An agent as the roster shows it: the stored record and what memory knows better.
struct agent_view {
  std::shared_ptr<const domain::agent> agent;
  base::wall_time last_seen{};
};

/// The roster, last seen first. Retired agents are left out unless asked for.
struct agent_list {
  std::vector<agent_view> agents;
};
struct list_agents {
  static constexpr op_kind kind = op_kind::list_agents;
  static constexpr urgency admission = urgency::normal;
  using reply = agent_list;

  std::optional<std::string> project;    ///< Nothing means all.
  std::vector<std::string> capabilities; ///< Any of them; empty means all agents.
  /// Each key of the metadata must have the value, both without blanks around.
  std::vector<std::pair<std::string, std::string>> metadata;
  std::optional<std::chrono::seconds> active_within; ///< Only those seen that recently.
  bool retired = false;                              ///< Also the retired ones.
};

/// One agent, retired or not. Fails with `agent_not_found`.
struct get_agent {
  static constexpr op_kind kind = op_kind::get_agent;
  static constexpr urgency admission = urgency::normal;
  using reply = agent_view;

  std::string agent_id;
  confinement within;
};

/// Notes that an agent lives and what its screen is doing. Fails with `agent_not_found`, also
/// for a retired one. Kept in memory and persisted lazily: a crash may lose some seconds of it.
struct heartbeat_noted {};
struct heartbeat {
  static constexpr op_kind kind = op_kind::heartbeat;
  static constexpr urgency admission = urgency::draining;
  using reply = heartbeat_noted;

  std::string agent_id;
  std::optional<domain::focus> focus;
  confinement within;
};

/// Merges members into an agent's metadata: given keys overwrite, others stay. Also counts as a
/// sign of life. Fails with `agent_not_found`, `metadata_too_large`.
struct patch_metadata {
  static constexpr op_kind kind = op_kind::patch_metadata;
  static constexpr urgency admission = urgency::normal;
  using reply = agent_view;

  std::string agent_id;
  std::map<std::string, std::string> metadata;
  confinement within;
};

/// Who may write to an agent.
struct policies {
  domain::contact_policy policy = domain::contact_policy::open;
  domain::contact_policy live_policy = domain::contact_policy::contacts_only;
};

/// The policies of an agent; the defaults for an unknown one, as the contract has it. Fails with
/// `agent_not_found` for one of another project than the caller's.
struct get_policy {
  static constexpr op_kind kind = op_kind::get_policy;
  static constexpr urgency admission = urgency::normal;
  using reply = policies;

  std::string agent_id;
  confinement within;
};

/// Changes one policy or both. Fails with `agent_not_found`.
struct set_policy {
  static constexpr op_kind kind = op_kind::set_policy;
  static constexpr urgency admission = urgency::normal;
  using reply = policies;

  std::string agent_id;
  std::optional<domain::contact_policy> policy;
  std::optional<domain::contact_policy> live_policy;
  confinement within;
};

/// The contacts of an agent, sorted. Fails with `agent_not_found`.
struct contact_list {
  std::vector<std::string> contacts;
};
struct list_contacts {
  static constexpr op_kind kind = op_kind::list_contacts;
  static constexpr urgency admission = urgency::normal;
  using reply = contact_list;

  std::string agent_id;
  confinement within;
};

/// Takes a contact into an agent's list or out of it; idempotent. The contact need not be
/// registered. Fails with `agent_not_found`, `contact_limit`.
struct set_contact {
  static constexpr op_kind kind = op_kind::set_contact;
  static constexpr urgency admission = urgency::normal;
  using reply = contact_list;

  std::string agent_id;
  std::string contact;
  bool present = true;
  confinement within;
};

/// Takes an agent out of service, or back into it; idempotent. Fails with `agent_not_found`.
///
/// A retired agent is hidden from roster and broadcasts, its token is dead and its reservations
/// are released in the same transaction; its inbox stays. Back in service it has a new token.
struct retired {
  agent_view agent;
  std::string token; ///< Not empty: the new one, after coming back.
};
struct retire_agent {
  static constexpr op_kind kind = op_kind::retire_agent;
  static constexpr urgency admission = urgency::normal;
  using reply = retired;

  std::string agent_id;
  bool back = false; ///< True: into service again.
  confinement within;
};

/// The projects, by name.
struct project_list {
  std::vector<storage::project_summary> projects;
  bool more = false;
};
struct list_projects {
  static constexpr op_kind kind = op_kind::list_projects;
  static constexpr urgency admission = urgency::normal;
  using reply = project_list;

  std::optional<std::string> after; ///< Only those behind it.
  std::uint32_t limit = 100;        ///< 1 to 1000.
  confinement within;
};

} // namespace intermute::actors
