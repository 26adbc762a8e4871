#pragma once

#include "transport/shard.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>

namespace intermute::transport {

/// Accepts connections for one shard. When the process has no descriptor left it waits a little
/// and goes on; what came meanwhile waits in the kernel's queue.
class listener {
public:
  using acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp,
                                                      boost::asio::io_context::executor_type>;

  explicit listener(shard& home);

  /// Binds and listens. @param first  The one that finds out whether the port is taken.
  /// @returns The port. Fails with `invalid_request`.
  [[nodiscard]] base::result<std::uint16_t> open(const std::string& host, std::uint16_t port,
                                                 bool first);

  /// Begins to accept; on any thread.
  void start();
  /// Stops accepting; on any thread.
  void stop();

private:
  void accept();
  void on_accepted(const boost::system::error_code& ec);
  void back_off(const boost::system::error_code& ec);

  shard& home_;
  acceptor acceptor_;
  tcp_socket next_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
    pause_;
  bool stopped_ = false;
  bool starved_ = false; ///< The last accept failed for want of resources.
};

} // namespace intermute::transport
