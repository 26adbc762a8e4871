#include "transport/listener.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace intermute::transport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using protocol = asio::generic::stream_protocol;
using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

// New connections must be accepted again within a second of descriptors coming free.
constexpr std::chrono::milliseconds pause{100};
constexpr int backlog = 4'096;

base::error refusal(const std::string& where, const boost::system::error_code& ec,
                    const char* setting) {
  return {base::errc::invalid_request, "Cannot listen on " + where + ": " + ec.message() + ".",
          setting};
}

bool is_loopback(const in_addr& address) noexcept { return ntohl(address.s_addr) >> 24U == 127; }

bool is_loopback(const in6_addr& address) noexcept {
  if (!IN6_IS_ADDR_V4MAPPED(&address))
    return IN6_IS_ADDR_LOOPBACK(&address);
  return address.s6_addr[12] == 127;
}

/// Who is at the other end of a Unix socket, as the kernel noted when it connected.
http::peer unix_peer(int socket) noexcept {
  ucred of{};
  socklen_t size = sizeof of;
  const bool known = ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &of, &size) == 0;
  return known && of.uid == ::geteuid() ? http::peer::own_user : http::peer::other_user;
}

http::peer peer_of(int socket) noexcept {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_storage room;
  } name{};
  socklen_t size = sizeof name;
  if (::getpeername(socket, &name.any, &size) != 0)
    return http::peer::remote;
  switch (name.any.sa_family) {
  case AF_UNIX: return unix_peer(socket);
  case AF_INET: return is_loopback(name.v4.sin_addr) ? http::peer::loopback : http::peer::remote;
  case AF_INET6: return is_loopback(name.v6.sin6_addr) ? http::peer::loopback : http::peer::remote;
  default: return http::peer::remote;
  }
}

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
  attempt([&] { acceptor_.set_option(asio::socket_base::reuse_address(true), ec); });
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
  tcp::endpoint bound;
  attempt([&] {
    const auto name = acceptor_.local_endpoint(ec);
    bound.resize(name.size());
    std::memcpy(bound.data(), name.data(), name.size());
  });
  if (ec)
    return refusal(host + " port " + std::to_string(port), ec, "server.port");
  return bound.port();
}

base::result<void> listener::bind(const std::string& path) {
  boost::system::error_code ec;
  const asio::local::stream_protocol::endpoint wanted{path};
  acceptor_.open(wanted.protocol(), ec);
  if (!ec)
    acceptor_.bind(wanted, ec);
  if (ec)
    return refusal("the socket " + path, ec, "server.socket");
  return {};
}

base::result<void> listener::listen() {
  boost::system::error_code ec;
  acceptor_.listen(backlog, ec);
  if (ec)
    return refusal("the socket", ec, "server.socket");
  return {};
}

base::result<void> listener::share(listener& other) {
  boost::system::error_code ec;
  const int same = ::dup(other.acceptor_.native_handle());
  if (same < 0)
    ec.assign(errno, boost::system::system_category());
  else
    acceptor_.assign(protocol{asio::local::stream_protocol{}}, same, ec);
  if (ec)
    return refusal("the socket", ec, "server.socket");
  return {};
}

void listener::start() {
  asio::post(home_.context(), [this] { accept(); });
}

void listener::stop() {
  asio::post(home_.context(), [this] {
    if (stopped_)
      return;
    stopped_ = true;
    boost::system::error_code ignored; // Closed is closed.
    acceptor_.cancel(ignored);
    take_waiting();
    acceptor_.close(ignored);
    pause_.cancel();
  });
}

void listener::take_waiting() {
  boost::system::error_code ec;
  acceptor_.non_blocking(true, ec);
  for (int i = 0; i < backlog && !ec; ++i) {
    stream_socket waiting{home_.context().get_executor()};
    acceptor_.accept(waiting, ec);
    if (!ec)
      take(std::move(waiting));
  }
}

void listener::take(stream_socket socket) {
  const auto from = peer_of(socket.native_handle());
  home_.adopt(std::move(socket), from);
}

void listener::accept() {
  if (stopped_)
    return;
  acceptor_.async_accept(next_, [this](const boost::system::error_code& ec) { on_accepted(ec); });
}

void listener::on_accepted(const boost::system::error_code& ec) {
  if (!ec) {
    starved_ = false;
    take(std::exchange(next_, stream_socket{home_.context().get_executor()}));
    return accept();
  }
  if (stopped_)
    return;
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
