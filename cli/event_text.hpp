#pragma once

#include "cli/json.hpp"

#include <string>

namespace intermute::cli {

/// One line about an event for a terminal, without its end. Whatever the event holds is made
/// harmless.
/// @param raw      The event as it came.
/// @param message  The inbox entry of a `message.created`; an empty object when there is none.
[[nodiscard]] std::string event_line(const json_object& event, const std::string& raw,
                                     const json_object& message);

} // namespace intermute::cli
