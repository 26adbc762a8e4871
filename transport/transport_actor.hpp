#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>

#include <cstddef>

namespace intermute::transport {

class shard;

/// Tells the shard to finish: idle connections close, what is under way is answered.
struct drain_shard {};

/// Asks how the shard is. Answered by `shard_state`: an answer at all says that its thread runs.
struct look_at_shard {};
struct shard_state {
  std::size_t open = 0; ///< Connections and WebSockets.
  bool draining = false;
};

/// The shard as supervisors see it. It keeps nothing of its own, so a restart loses nothing.
class transport_actor final : public caf::event_based_actor {
public:
  /// @param of  Outlives the actor.
  transport_actor(caf::actor_config& config, shard& of);

  caf::behavior make_behavior() override;

private:
  shard& shard_;
};

} // namespace intermute::transport

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::transport::drain_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::transport::look_at_shard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::transport::shard_state)
