#pragma once

#include "actors/requests.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/fields.hpp"

#include <string>

/// What goes over the wire about agents (contract 4).
namespace intermute::transport::wire {

/// Answer to a registration.
struct registered_reply {
  std::string_view agent_id;
  std::string_view session_id;
  std::string_view name;
  std::string_view token;
  std::uint64_t cursor = 0; ///< Always 0.
};

/// One agent of the roster.
struct agent_row {
  std::string_view agent_id;
  std::string_view session_id;
  std::string_view name;
  std::string_view project;
  const std::optional<json::strings>* capabilities = nullptr;
  const std::optional<json::string_map>* metadata = nullptr;
  std::string_view status;
  json::whole_seconds last_seen;
  json::whole_seconds created_at;
  std::optional<json::whole_seconds> retired_at; ///< Left out while in service.
};
[[nodiscard]] agent_row row_of(const actors::agent_view& view);

/// An agent after it was retired: `retired_at` is always there.
struct retired_row : agent_row {};

/// An agent after it came back: with the one showing of its new token.
struct unretired_row : agent_row {
  std::string_view token;
};

struct heartbeat_body {
  std::string focus_state;
};

struct heartbeat_reply {
  std::string_view agent_id;
};

struct metadata_body {
  std::optional<json::string_map> metadata;
};

struct policy_body {
  std::string policy;
  std::string live_contact_policy;
};

/// The policies of an agent.
struct policy_reply {
  std::string_view agent_id;
  std::string_view policy;
  std::string_view live_contact_policy;
};

/// The contacts of an agent.
struct contacts_reply {
  std::string_view agent_id;
  json::strings contacts;
};

struct version_reply {
  std::string_view version;
};

/// Appends the whole roster.
void append_roster(std::string& to, const actors::agent_list& list);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<actors::register_agent> {
  using type = actors::register_agent;
  static constexpr std::tuple table{
    field("name", &type::name),         field("session_id", &type::session_id),
    field("project", &type::project),   field("capabilities", &type::capabilities),
    field("metadata", &type::metadata), field("status", &type::status)};
};

template <>
struct fields_of<wire::registered_reply> {
  using type = wire::registered_reply;
  static constexpr std::tuple table{
    field("agent_id", &type::agent_id), field("session_id", &type::session_id),
    field("name", &type::name), field("token", &type::token), field("cursor", &type::cursor)};
};

template <>
struct fields_of<wire::agent_row> {
  using type = wire::agent_row;
  /// What every form of an agent has.
  static constexpr std::tuple common{field("agent_id", &type::agent_id),
                                     field("session_id", &type::session_id),
                                     field("name", &type::name),
                                     field("project", &type::project),
                                     field("capabilities", &type::capabilities),
                                     field("metadata", &type::metadata),
                                     field("status", &type::status),
                                     field("last_seen", &type::last_seen),
                                     field("created_at", &type::created_at)};
  static constexpr auto table = std::tuple_cat(
    common, std::tuple{field("retired_at", &type::retired_at, presence::when_set)});
};

template <>
struct fields_of<wire::retired_row> {
  static constexpr auto table
    = std::tuple_cat(fields_of<wire::agent_row>::common,
                     std::tuple{field("retired_at", &wire::agent_row::retired_at)});
};

template <>
struct fields_of<wire::unretired_row> {
  static constexpr auto table = std::tuple_cat(
    fields_of<wire::retired_row>::table, std::tuple{field("token", &wire::unretired_row::token)});
};

template <>
struct fields_of<wire::heartbeat_body> {
  static constexpr std::tuple table{field("focus_state", &wire::heartbeat_body::focus_state)};
};

template <>
struct fields_of<wire::heartbeat_reply> {
  static constexpr std::tuple table{field("agent_id", &wire::heartbeat_reply::agent_id)};
};

template <>
struct fields_of<wire::metadata_body> {
  static constexpr std::tuple table{field("metadata", &wire::metadata_body::metadata)};
};

template <>
struct fields_of<wire::policy_body> {
  using type = wire::policy_body;
  static constexpr std::tuple table{field("policy", &type::policy),
                                    field("live_contact_policy", &type::live_contact_policy)};
};

template <>
struct fields_of<wire::policy_reply> {
  using type = wire::policy_reply;
  static constexpr std::tuple table{field("agent_id", &type::agent_id),
                                    field("policy", &type::policy),
                                    field("live_contact_policy", &type::live_contact_policy)};
};

template <>
struct fields_of<wire::contacts_reply> {
  using type = wire::contacts_reply;
  static constexpr std::tuple table{field("agent_id", &type::agent_id),
                                    field("contacts", &type::contacts)};
};

template <>
struct fields_of<wire::version_reply> {
  static constexpr std::tuple table{field("version", &wire::version_reply::version)};
};

} // namespace intermute::transport::json
