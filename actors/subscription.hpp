#pragma once

#include "actors/op.hpp"
#include "domain/inbox.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace intermute::actors {

/// Names one socket in the whole server; chosen by transport, never reused.
using socket_id = std::uint64_t;

/// One event on its way to one socket: rendered once, shared by all sockets that get it.
struct frame {
  socket_id to = 0;
  std::shared_ptr<const std::string> payload;
  /// True on the last frame of a replayed page: when the socket has sent it, it calls
  /// `front::resume`, so that a replay never runs ahead of its reader.
  bool ask_more = false;
};

/// Takes frames for the sockets of one io shard. Safe from any thread, never waits.
class frame_sink {
public:
  virtual ~frame_sink() = default;
  virtual void deliver(std::vector<frame> frames) = 0;
};

/// Renders an event for one reader; given by transport.
/// @param reader    The agent of the socket.
/// @param extended  False: the members of contract 15.4 exactly; true: `cursor` and `created_at`
///                  too (a socket that named `since_cursor`).
using event_renderer
  = std::string (*)(const domain::event& what, const std::string& reader, bool extended);

/// Subscribes a socket to what its agent may see. Frames may arrive before the reply does.
struct subscribed {};
struct subscribe {
  static constexpr op_kind kind = op_kind::subscribe;
  static constexpr urgency admission = urgency::normal;
  using reply = subscribed;

  socket_id socket = 0;
  frame_sink* frames = nullptr; ///< Outlives the subscription.
  std::string project;
  std::string agent;
  std::optional<domain::cursor> since; ///< Replay what came after it first; then live.
};

} // namespace intermute::actors
