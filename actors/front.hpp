#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/op.hpp"
#include "actors/subscription.hpp"

#include <string>

namespace intermute::actors {

/// The way into the actor system, for transport and for hosts. Safe from any thread; never waits.
class front {
public:
  virtual ~front() = default;

  /// Sends `what` to the actor that owns what it names. A refusal (full, quarantined, shutting
  /// down) is answered at once, through the op itself.
  virtual void submit(op_ptr what) = 0;

  /// The socket has sent the last frame of a replayed page: the next page may come.
  virtual void resume(socket_id socket) = 0;

  /// The socket is gone: no frame for it is made any more. Idempotent.
  virtual void unsubscribe(socket_id socket) = 0;

  /// The committed agents. A change is here before its reply is out.
  [[nodiscard]] virtual agent_snapshot_ptr agents() const = 0;

  /// What `/health` tells: empty when all is well, else why the server is degraded.
  [[nodiscard]] virtual std::string degraded() const = 0;

  /// True while the check of the store that began at the start is not through.
  [[nodiscard]] virtual bool verifying() const { return false; }
};

} // namespace intermute::actors
