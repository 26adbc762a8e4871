#pragma once

#include "actors/requests.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/fields.hpp"

#include <string>

/// Presence: what agents last wrote of themselves into their metadata (contract 4.3).
namespace intermute::transport::wire {

/// One agent of the presence list. Nothing is computed: no agent is on or off line.
struct presence_row {
  std::string_view agent_id;
  std::string_view kind;   ///< Metadata `agent_kind`, as all below trimmed and empty when absent.
  std::string_view status; ///< Metadata `status`, else the agent's own.
  json::whole_seconds last_seen;
  std::string_view repo;
  json::strings files; ///< Metadata `files_touched`, a JSON array of strings; else empty.
  std::string_view objective;
  std::string_view confidence; ///< Metadata `active_bead_confidence`, else `unknown`.
  std::string_view active_bead_id;
  std::string_view thread_id;
};

/// The presence of an agent. The row's views live as long as `view`'s agent.
[[nodiscard]] presence_row presence_of(const actors::agent_view& view);

/// Appends the presence of every agent of the list, in its order.
void append_presence(std::string& to, const actors::agent_list& list);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<wire::presence_row> {
  using type = wire::presence_row;
  static constexpr std::tuple table{field("agent_id", &type::agent_id),
                                    field("kind", &type::kind),
                                    field("status", &type::status),
                                    field("last_seen", &type::last_seen),
                                    field("repo", &type::repo),
                                    field("files", &type::files),
                                    field("objective", &type::objective),
                                    field("confidence", &type::confidence),
                                    field("active_bead_id", &type::active_bead_id),
                                    field("thread_id", &type::thread_id)};
};

} // namespace intermute::transport::json
