#pragma once

#include "domain/inbox.hpp"

#include <string>

namespace intermute::transport::ws {

/// The text of an event as its reader gets it, with a line feed at the end (contract 15.4):
/// members in the order of their names. An `actors::event_renderer`.
/// @param reader    The agent of the socket.
/// @param extended  With `cursor` and `created_at` (for sockets that named `since_cursor`).
[[nodiscard]] std::string render_event(const domain::event& what, const std::string& reader,
                                       bool extended);

} // namespace intermute::transport::ws
