#include "transport/transport_actor.hpp"

#include "transport/shard.hpp"

namespace intermute::transport {

transport_actor::transport_actor(caf::actor_config& config, shard& of)
  : caf::event_based_actor(config), shard_(of) {}

caf::behavior transport_actor::make_behavior() {
  return {
    [this](drain_shard) { shard_.drain(); },
    [this](look_at_shard) {
      return shard_state{shard_.open(), shard_.draining()};
    },
  };
}

} // namespace intermute::transport
