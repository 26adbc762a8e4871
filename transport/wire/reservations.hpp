#pragma once

#include "actors/requests.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/fields.hpp"

#include <string>

/// What goes over the wire about reservations (contract 11, decisions 11 to 16).
namespace intermute::transport::wire {

/// One reservation.
struct reservation_row {
  std::string_view id;
  std::string_view agent_id;
  std::string_view project;
  std::string_view path_pattern;
  bool exclusive = false;
  std::string_view reason;
  base::wall_time created_at{};
  base::wall_time expires_at{};
  std::optional<base::wall_time> released_at;
  std::string_view release_reason; ///< With `released_at`.
  bool is_active = false;
};
[[nodiscard]] reservation_row row_of(const domain::reservation& one, base::wall_time now);

/// A reservation that was just made, and what the client should know of it.
struct reserved_row : reservation_row {
  bool ttl_capped = false;
  json::strings warnings;
};
[[nodiscard]] reserved_row row_of(const actors::reserved& done);

/// Appends the reservations.
void append_reservations(std::string& to, const actors::reservation_list& list);

/// Appends what stands in the way; `null` when nothing does.
void append_conflicts(std::string& to, const actors::conflict_list& list);

/// Appends `,"conflicts":[...]` to the members of a problem.
void append_conflicts_member(std::string& members, const std::vector<actors::conflict>& conflicts);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<actors::reserve> {
  using type = actors::reserve;
  static constexpr std::tuple table{
    field("agent_id", &type::agent_id), field("path_pattern", &type::path_pattern),
    field("project", &type::project),   field("exclusive", &type::exclusive),
    field("reason", &type::reason),     field("ttl_minutes", &type::ttl_minutes)};
};

template <>
struct fields_of<wire::reservation_row> {
  using type = wire::reservation_row;
  static constexpr auto optional = presence::when_set;
  static constexpr std::tuple table{field("id", &type::id),
                                    field("agent_id", &type::agent_id),
                                    field("project", &type::project),
                                    field("path_pattern", &type::path_pattern),
                                    field("exclusive", &type::exclusive),
                                    field("reason", &type::reason, optional),
                                    field("created_at", &type::created_at),
                                    field("expires_at", &type::expires_at),
                                    field("released_at", &type::released_at, optional),
                                    field("release_reason", &type::release_reason, optional),
                                    field("is_active", &type::is_active)};
};

template <>
struct fields_of<wire::reserved_row> {
  using type = wire::reserved_row;
  static constexpr auto table
    = std::tuple_cat(fields_of<wire::reservation_row>::table,
                     std::tuple{field("ttl_capped", &type::ttl_capped, presence::when_set),
                                field("warnings", &type::warnings, presence::when_set)});
};

template <>
struct fields_of<actors::conflict> {
  using type = actors::conflict;
  static constexpr std::tuple table{field("reservation_id", &type::reservation_id),
                                    field("agent_id", &type::agent_id),
                                    field("held_by", &type::held_by),
                                    field("pattern", &type::pattern),
                                    field("reason", &type::reason, presence::when_set),
                                    field("expires_at", &type::expires_at)};
};

} // namespace intermute::transport::json
