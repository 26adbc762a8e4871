#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "observe/log.hpp"

#include <chrono>
#include <cstdint>
#include <memory>

namespace intermute::embed {

/// A whole server in this process: store, actors, transport. It sets no signal handler, no
/// resource limit and no global option of a library.
class server {
public:
  /// Opens the store, checks it, starts the actors and listens.
  /// @param settings  Checked by `config::load`; `storage.path` must be set.
  /// @returns The running server, ready to serve; or why it cannot: `storage_busy` when another
  ///          server holds the file, `storage_corrupt`, `storage_failed`, `invalid_request` when
  ///          the port is taken. Takes at most a few seconds.
  [[nodiscard]] static base::result<std::unique_ptr<server>> start(config::settings settings,
                                                                   observe::logger say);

  /// Stops with a patience of a second.
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// The port it listens on.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Stops accepting, answers what is under way, says goodbye to sockets, commits what was
  /// logged, closes the store. What takes longer than `patience` is cut off. Idempotent; waits.
  void stop(std::chrono::milliseconds patience);

private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

} // namespace intermute::embed
