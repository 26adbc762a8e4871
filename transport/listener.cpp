#include "transport/listener.hpp"

#include <boost/asio/post.hpp>
#include <sys/socket.h>

namespace intermute::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// New connections must be accepted again within a second of descriptors coming free.
constexpr std::chrono::milliseconds pause{100};
constexpr int backlog = 4'096;

} // namespace

listener::listener(shard& home)
  : home_(home), acceptor_(home.context().get_executor()), next_(home.context().get_executor()),
    pause_(home.context().get_executor()) {}

base::result<std::uint16_t> listener::open(const std::string& host, std::uint16_t port,
                                           bool first) {
  boost::system::error_code ec;
  const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, ec);
  const tcp::endpoint wanted{address, port};
  const auto attempt = [&](auto&& call) {
    if (!ec)
      call();
  };
  attempt([&] { acceptor_.open(wanted.protocol(), ec); });
  attempt([&] { acceptor_.set_option(tcp::acceptor::reuse_address(true), ec); });
  // The first binds without sharing, or a second server would quietly share the port with us.
  attempt([&] {
    if (!first)
      acceptor_.set_option(reuse_port(true), ec);
  });
  attempt([&] { acceptor_.bind(wanted, ec); });
  attempt([&] {
    if (first)
      acceptor_.set_option(reuse_port(true), ec);
  });
  attempt([&] { acceptor_.listen(backlog, ec); });
  if (ec)
    return {base::errc::invalid_request,
            "Cannot listen on " + host + " port " + std::to_string(port) + ": " + ec.message()
              + ".",
            "server.port"};
  return acceptor_.local_endpoint(ec).port();
}

void listener::start() {
  asio::post(home_.context(), [this] { accept(); });
}

void listener::stop() {
  asio::post(home_.context(), [this] {
    stopped_ = true;
    boost::system::error_code ignored; // Closed is closed.
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

void listener::accept() {
  if (stopped_)
    return;
  acceptor_.async_accept(next_, [this](const boost::system::error_code& ec) { on_accepted(ec); });
}

void listener::on_accepted(const boost::system::error_code& ec) {
  if (stopped_)
    return;
  if (!ec) {
    starved_ = false;
    home_.adopt(std::exchange(next_, tcp_socket{home_.context().get_executor()}));
    return accept();
  }
  // The client may be gone again already; everything else is ours and may pass.
  if (ec == asio::error::connection_aborted || ec == asio::error::interrupted)
    return accept();
  back_off(ec);
}

void listener::back_off(const boost::system::error_code& ec) {
  if (!starved_)
    home_.with().log->warn("accept_failed reason={}", observe::field(ec.message()));
  starved_ = true;
  pause_.expires_after(pause);
  pause_.async_wait([this](const boost::system::error_code& cancelled) {
    if (!cancelled)
      accept();
  });
}

} // namespace intermute::transport
