#pragma once

#include "actors/requests.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/fields.hpp"

#include <optional>
#include <string>
#include <string_view>

/// What goes over the wire about projects, and the pages of lists that contract v0 does not have
/// (decision 38).
namespace intermute::transport::wire {

/// One project.
struct project_row {
  std::string_view project;
  std::uint64_t agents = 0; ///< Registered and not retired.
};

/// The opaque cursor behind `last`: URL-safe base64 without padding, never empty.
[[nodiscard]] std::string opaque_cursor(std::string_view last);

/// What an opaque cursor stands for; nothing for a text that `opaque_cursor` never makes.
[[nodiscard]] std::optional<std::string> behind_cursor(std::string_view opaque);

/// Appends a page of projects; `next` is null on the last.
void append_projects(std::string& to, const actors::list_projects& asked,
                     const actors::project_list& page);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<wire::project_row> {
  using type = wire::project_row;
  static constexpr std::tuple table{field("project", &type::project),
                                    field("agents", &type::agents)};
};

} // namespace intermute::transport::json
