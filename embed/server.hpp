#pragma once

#include "base/result.hpp"
#include "config/keyring.hpp"
#include "config/settings.hpp"
#include "observe/log.hpp"
#include "observe/registry.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace intermute::actors {
class front;
}

namespace intermute::embed {

/// What a server is made from.
struct server_parts {
  config::settings settings; ///< Checked by `config::load`; `storage.path` must be set.
  observe::logger say;
  /// Where its metrics go; null: a registry of its own. Outlives the server's use of it.
  std::shared_ptr<observe::registry> metrics;
  /// Who is let in; nothing: everybody, and who says that it is an agent is believed.
  std::optional<config::keyring> keys;
  bool listen = true; ///< False: no port and no socket, only calls in this process.
};

/// A whole server in this process: store, actors, transport. It sets no signal handler, no
/// resource limit and no global option of a library.
class server {
public:
  /// Opens the store, checks it, starts the actors and listens.
  /// @returns The running server, ready to serve; or why it cannot: `storage_busy` when another
  ///          server holds the file, `storage_corrupt`, `storage_failed`, `invalid_request` when
  ///          the port or the socket's path is taken. Takes at most a few seconds.
  [[nodiscard]] static base::result<std::unique_ptr<server>> start(server_parts from);

  /// Stops with a patience of a second.
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// The port it listens on; 0 when it does not.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// The way into its actors, for calls in this process. Lives until `stop()`.
  [[nodiscard]] actors::front& front() noexcept;

  /// Puts into force what of `settings` may change while it runs, and who is let in, from the
  /// next request on. Safe from any thread.
  void reconfigure(const config::settings& settings, std::optional<config::keyring> keys);

  /// Stops accepting, answers what is under way, says goodbye to sockets, commits what was
  /// logged, closes the store. What takes longer than `patience` is cut off. Idempotent; waits.
  void stop(std::chrono::milliseconds patience);

private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

} // namespace intermute::embed
