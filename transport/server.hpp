#pragma once

#include "base/result.hpp"
#include "transport/services.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace intermute::actors {
class io_shards;
}

namespace intermute::transport {

class listener;
class shard;

/// The way from the network to the actors: HTTP/1.1 and WebSocket on every io shard.
///
/// Answers and frames come back through its shards, so it must outlive every op it made: end the
/// actors and stop the io shards before it is destroyed.
class server {
public:
  /// What it needs from outside; all of it outlives the server.
  struct deps {
    actors::front& front;
    actors::io_shards& io;
    observe::registry& registry;
    observe::logger log;
    const base::clock& clock;
    base::entropy& entropy;
    std::string version;
  };

  server(config::server_config http, config::websocket_config websocket, deps with);
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// Binds to `host` and `port` on every shard and begins to accept.
  /// @returns The port, which the system chose when 0 was asked for. Fails with
  ///          `invalid_request`, saying why, when the port is taken or the address is not ours.
  [[nodiscard]] base::result<std::uint16_t> listen();

  /// Stops accepting, answers what is under way, closes idle connections, says goodbye (1001) to
  /// the WebSockets. What is left at `until` is cut. Waits; not to be called on an io thread.
  /// @returns False if something had to be cut.
  bool stop(base::steady_time until);

  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }
  /// For the transport actor of that shard.
  [[nodiscard]] transport::shard& shard_at(std::size_t index) noexcept { return *shards_[index]; }

private:
  services with_;
  std::vector<std::unique_ptr<transport::shard>> shards_;
  std::vector<std::unique_ptr<listener>> listeners_;
};

} // namespace intermute::transport
