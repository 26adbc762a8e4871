#pragma once

#include "transport/shard.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

#include <string>

namespace intermute::transport {

/// Accepts connections for one shard. When the process has no descriptor left it waits a little
/// and goes on; what came meanwhile waits in the kernel's queue.
class listener {
public:
  explicit listener(shard& home);

  /// Binds to a port and listens. @param first  The one that finds out whether the port is taken.
  /// @returns The port. Fails with `invalid_request`.
  [[nodiscard]] base::result<std::uint16_t> open(const std::string& host, std::uint16_t port,
                                                 bool first);

  /// Binds to the path of a Unix socket; nobody can connect yet. Fails with `invalid_request`.
  [[nodiscard]] base::result<void> bind(const std::string& path);
  /// Listens on what `bind` has bound. Fails with `invalid_request`.
  [[nodiscard]] base::result<void> listen();
  /// Takes part in what `other` listens on: a Unix socket can be bound only once.
  /// Fails with `invalid_request`.
  [[nodiscard]] base::result<void> share(listener& other);

  /// Begins to accept; on any thread.
  void start();
  /// Takes over who has connected already, then stops accepting; on any thread.
  void stop();

private:
  using acceptor = boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                                      boost::asio::io_context::executor_type>;

  void accept();
  void on_accepted(const boost::system::error_code& ec);
  void back_off(const boost::system::error_code& ec);
  void take_waiting();
  void take(stream_socket socket);

  shard& home_;
  acceptor acceptor_;
  stream_socket next_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
    pause_;
  bool stopped_ = false;
  bool starved_ = false; ///< The last accept failed for want of resources.
};

} // namespace intermute::transport
