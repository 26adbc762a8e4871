#pragma once

#include "base/result.hpp"
#include "transport/services.hpp"
#include "transport/socket_file.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
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

  /// Binds to `host` and `port`, and to the Unix socket if there is one, on every shard and begins
  /// to accept.
  /// @returns The port, which the system chose when 0 was asked for. Fails with
  ///          `invalid_request`, saying why, when the port is taken, the address is not ours, or
  ///          the path of the Unix socket is in use.
  [[nodiscard]] base::result<std::uint16_t> listen();

  /// Lets in who `rules` say, from the next request of every connection on. WebSockets that are
  /// open stay. Before it is called, `access_rules{}` are in force. Safe from any thread.
  void set_rules(access_rules rules) { with_.rules.store(std::move(rules)); }

  /// Stops accepting, answers every request that has come whole, closes idle connections, says
  /// goodbye (1001) to the WebSockets. What is left at `until` is cut; a request of which only a
  /// part has come is then told `shutting_down`. Waits; not to be called on an io thread.
  /// @returns False if something had to be cut.
  bool stop(base::steady_time until);

  [[nodiscard]] std::size_t shards() const noexcept { return shards_.size(); }
  /// For the transport actor of that shard.
  [[nodiscard]] transport::shard& shard_at(std::size_t index) noexcept { return *shards_[index]; }

private:
  [[nodiscard]] base::result<std::uint16_t> listen_on_port();
  [[nodiscard]] base::result<void> listen_on_socket();

  services with_;
  std::vector<std::unique_ptr<transport::shard>> shards_;
  std::vector<std::unique_ptr<listener>> listeners_;
  socket_file socket_file_;
};

} // namespace intermute::transport
