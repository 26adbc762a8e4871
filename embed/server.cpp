#include "embed/server.hpp"

#include "actors/runtime/io_executor.hpp"
#include "actors/runtime/io_shards.hpp"
#include "actors/system.hpp"
#include "base/version.hpp"
#include "embed/store_options.hpp"
#include "observe/registry.hpp"
#include "transport/server.hpp"
#include "transport/shard.hpp"
#include "transport/transport_actor.hpp"
#include "transport/ws/render_event.hpp"

#include <optional>
#include <thread>
#include <utility>

namespace intermute::embed {
namespace {

using base::errc;
using base::result;

} // namespace

/// In the order they are made; the last made goes first.
struct server::parts {
  explicit parts(server_parts from)
    : settings(std::move(from.settings)), say(std::move(from.say)),
      metrics(from.metrics ? std::move(from.metrics) : std::make_shared<observe::registry>()),
      io(settings.server.io_threads), runs(io, base::system_clock()) {}

  config::settings settings;
  observe::logger say;
  std::shared_ptr<observe::registry> metrics;
  std::unique_ptr<storage::store> store;
  actors::io_shards io;
  actors::io_executor runs;
  std::optional<transport::server> transport;
  std::optional<actors::system> system;
  std::uint16_t port = 0;
  bool stopped = false;
  std::jthread check; ///< There when the check at the start ran out of time.

  /// Goes on with the check of the store beside the server.
  void check_on();
};

void server::parts::check_on() {
  system->note_verifying(true);
  check = std::jthread{[this](const std::stop_token& stop) {
    constexpr std::chrono::hours whatever_it_takes{24};
    const auto whole = store->verify(whatever_it_takes, stop);
    if (!whole && whole.why().code == errc::storage_corrupt) {
      say->error("store_damaged why={}", observe::field(whole.why().detail));
      system->condemn_store(whole.why());
    }
    system->note_verifying(false);
  }};
}

server::server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

server::~server() { stop(std::chrono::seconds{1}); }

namespace {

/// The engine and the readers of a store.
result<std::pair<std::unique_ptr<storage::engine>, std::vector<std::unique_ptr<storage::reader>>>>
connections_of(storage::store& from, const config::storage_config& limits) {
  auto engine = from.open_engine();
  if (!engine)
    return engine.why();
  std::vector<std::unique_ptr<storage::reader>> readers;
  for (std::uint32_t i = 0; i < limits.readers; ++i) {
    auto reader = from.open_reader();
    if (!reader)
      return reader.why();
    readers.push_back(std::move(*reader));
  }
  return std::pair{std::move(*engine), std::move(readers)};
}

/// Waits for the stored identities, for at most ten seconds.
bool wait_until_ready(const actors::system& of) {
  constexpr std::chrono::milliseconds pause{1};
  for (int i = 0; i < 10'000; ++i) {
    if (of.ready())
      return true;
    std::this_thread::sleep_for(pause);
  }
  return false;
}

} // namespace

namespace {

/// Opens the store and looks for damage, for a bounded time.
/// @returns The store, and whether all of it was looked at.
result<std::pair<std::unique_ptr<storage::store>, bool>>
open_checked(const config::storage_config& from) {
  auto store = storage::open_sqlite(store_options(from));
  if (!store)
    return store.why();
  if (from.quick_check_ms.count() == 0)
    return std::pair{std::move(*store), true};
  const auto whole = (*store)->verify(from.quick_check_ms);
  if (!whole)
    return whole.why();
  return std::pair{std::move(*store), *whole};
}

transport::access_rules rules_of(const config::settings& settings,
                                 std::optional<config::keyring> keys) {
  transport::access_rules rules;
  rules.open = !keys.has_value();
  if (keys)
    rules.keys = std::make_shared<const config::keyring>(std::move(*keys));
  rules.require_agent_token = settings.auth.require_agent_token;
  rules.admin_allow_localhost = settings.admin.allow_localhost;
  return rules;
}

} // namespace

result<std::unique_ptr<server>> server::start(server_parts from) {
  auto keys = std::move(from.keys);
  const bool listen = from.listen;
  std::unique_ptr<server> made{new server{std::make_unique<parts>(std::move(from))}};
  auto& all = *made->parts_;
  auto store = open_checked(all.settings.storage);
  if (!store)
    return store.why();
  all.store = std::move(store->first);
  auto connections = connections_of(*all.store, all.settings.storage);
  if (!connections)
    return connections.why();

  all.io.start();
  const bool own = all.settings.server.scheduler == config::scheduler_kind::asio;
  all.system.emplace(
    actors::system_parts{all.settings, base::system_clock(), base::system_entropy(), *all.metrics,
                         all.say, transport::ws::render_event, own ? &all.runs : nullptr,
                         std::move(connections->first), std::move(connections->second)});
  all.system->start_threads();
  if (!store->second)
    all.check_on();
  all.transport.emplace(all.settings.server, all.settings.websocket,
                        transport::server::deps{*all.system, all.io, *all.metrics, all.say,
                                                base::system_clock(), base::system_entropy(),
                                                std::string{base::version}});
  all.transport->set_rules(rules_of(all.settings, std::move(keys)));
  for (std::size_t i = 0; i < all.transport->shards(); ++i)
    all.system->adopt("transport " + std::to_string(i),
                      [&shard = all.transport->shard_at(i)](caf::actor_system& in) {
                        return in.spawn<transport::transport_actor>(shard);
                      });
  if (!wait_until_ready(*all.system))
    return base::error{errc::storage_failed,
                       "The stored identities could not be read in ten "
                       "seconds. The log says why.",
                       {}};
  if (!listen)
    return made;
  auto port = all.transport->listen();
  if (!port)
    return port.why();
  all.port = *port;
  return made;
}

actors::front& server::front() noexcept { return *parts_->system; }

void server::reconfigure(const config::settings& settings, std::optional<config::keyring> keys) {
  parts_->system->tune(settings);
  parts_->transport->set_rules(rules_of(settings, std::move(keys)));
}

std::uint16_t server::port() const noexcept { return parts_->port; }

void server::stop(std::chrono::milliseconds patience) {
  auto& all = *parts_;
  if (std::exchange(all.stopped, true))
    return;
  all.check = {}; // Asks it to end, and waits.
  if (all.transport)
    all.transport->stop(base::system_clock().steady() + patience);
  if (all.system)
    all.system->stop();
  // CAF ends on the io threads, and transport must outlive every op.
  all.system.reset();
  all.io.stop();
  all.transport.reset();
  all.store.reset();
}

} // namespace intermute::embed
