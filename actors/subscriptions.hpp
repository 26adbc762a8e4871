#pragma once

#include "actors/event_feed.hpp"
#include "actors/subscription.hpp"

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

namespace intermute::actors {

/// One socket's subscription.
struct subscription {
  enum class phase : std::uint8_t {
    live,    ///< Gets every event as it is committed.
    due,     ///< Behind; its next page is to be read from the log.
    reading, ///< A page is being read.
    sending, ///< A page is on its way to the socket, which will ask for more.
  };
  socket_id socket = 0;
  frame_sink* frames = nullptr;
  std::string project;
  std::string agent;
  bool extended = false;
  domain::cursor position = 0; ///< Everything up to here was delivered or does not concern it.
  phase now = phase::live;
  std::uint64_t reads = 0; ///< Pages asked for; only the newest one's answer counts.
};

/// The subscriptions of all sockets, found by socket and by event. It outlives the push actor, so
/// that a restarted one goes on where the other stopped. Used by one actor at a time.
class subscription_table {
public:
  /// Adds one; a socket that is there already is replaced.
  subscription& add(subscription one);

  /// Forgets the socket's. Idempotent.
  void remove(socket_id socket);

  /// The socket's subscription, or null. The pointer lasts until it is removed.
  [[nodiscard]] subscription* find(socket_id socket);

  /// Calls `see(subscription, reader)` for each that may see `what` (contract 15.4): `reader` is
  /// the recipient it is for. Cost: the sockets concerned, not all.
  void for_audience(const domain::event& what, const std::function<void(subscription&)>& see);

  /// Calls `see` with every subscription.
  void for_each(const std::function<void(subscription&)>& see);

  [[nodiscard]] std::size_t size() const noexcept { return by_socket_.size(); }

private:
  using sockets = std::vector<socket_id>;
  void for_those(const sockets& which, const std::function<bool(const subscription&)>& wanted,
                 const std::function<void(subscription&)>& see);

  std::unordered_map<socket_id, subscription> by_socket_;
  std::unordered_map<std::string, sockets> by_agent_;
  std::unordered_map<std::string, sockets> by_project_;
};

/// True if `one` may see `what`: an event of its project, or of the empty project; created
/// messages only when its agent is a recipient; begun and released reservations only when the
/// socket named `since_cursor`.
[[nodiscard]] bool may_see(const subscription& one, const domain::event& what);

} // namespace intermute::actors
