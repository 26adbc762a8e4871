#include "raw_client.hpp"
#include "rig.hpp"
#include "transport/transport_actor.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

using namespace intermute;
using namespace intermute::tests;

TEST_CASE_METHOD(rig, "the transport actor shows its shard and drains it", "[actor]") {
  start();
  raw_client client{port};
  CHECK(client.exchange(request_text("GET /health")).status == 200);
  caf::actor_system_config config;
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const auto actor = system.spawn<transport::transport_actor>(server().shard_at(0));
  const auto look = [&] {
    transport::shard_state seen;
    self->request(actor, std::chrono::seconds{10}, transport::look_at_shard{})
      .receive([&](const transport::shard_state& state) { seen = state; },
               [](const caf::error&) { FAIL("no answer"); });
    return seen;
  };
  CHECK(look().open == 1);
  CHECK_FALSE(look().draining);
  caf::anon_send(actor, transport::drain_shard{});
  CHECK(client.is_closed());
  CHECK(look().draining);
  CHECK(eventually([&] { return look().open == 0; }));
}
