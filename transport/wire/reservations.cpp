#include "transport/wire/reservations.hpp"

namespace intermute::transport::wire {
namespace {

constexpr const char* glued_globstar_warning
  = "`**` beside other characters is a plain `*` and does not cross a slash; "
    "write `**/*.go` for what `**.go` seems to mean.";

} // namespace

reservation_row row_of(const domain::reservation& one, base::wall_time now) {
  return {one.id,
          one.agent_id,
          one.project,
          one.path_pattern,
          one.exclusive,
          one.reason,
          one.created_at,
          one.expires_at,
          one.released_at,
          one.ended ? to_string(*one.ended) : std::string_view{},
          one.is_active(now)};
}

reserved_row row_of(const actors::reserved& done) {
  reserved_row row{row_of(done.reservation, done.reservation.created_at), done.ttl_capped, {}};
  if (done.glued_globstar)
    row.warnings.emplace_back(glued_globstar_warning);
  return row;
}

void append_reservations(std::string& to, const actors::reservation_list& list) {
  to += R"({"reservations":[)";
  for (const auto& one : list.reservations) {
    if (&one != &list.reservations.front())
      to.push_back(',');
    json::append_value(to, row_of(one, list.now));
  }
  to += "]}\n";
}

void append_conflicts(std::string& to, const actors::conflict_list& list) {
  to += R"({"conflicts":)";
  if (list.conflicts.empty())
    to += "null";
  else
    json::append_value(to, list.conflicts);
  to += "}\n";
}

void append_conflicts_member(std::string& members, const std::vector<actors::conflict>& conflicts) {
  members += R"(,"conflicts":)";
  json::append_value(members, conflicts);
}

} // namespace intermute::transport::wire
