#pragma once

#include "transport/shard.hpp"

#include <boost/asio/post.hpp>
#include <boost/beast/core/bind_handler.hpp>
#include <boost/beast/core/role.hpp>

#include <utility>

namespace intermute::transport::ws {

/// A socket that Beast may half-close but never closes: that is up to the channel.
///
/// Beast 1.81 tears a socket down by closing it after the first bytes it reads. If the client is
/// still sending, the kernel then resets the connection and throws away what the client has not
/// read yet: the close frame that says why.
class gentle_socket : public stream_socket {
public:
  explicit gentle_socket(stream_socket other) : stream_socket(std::move(other)) {}
};

/// Found by Beast through the type of its second argument.
template <class Handler>
void async_teardown(boost::beast::role_type, gentle_socket& socket, Handler&& handler) {
  boost::system::error_code ec;
  socket.shutdown(stream_socket::shutdown_send, ec);
  boost::asio::post(socket.get_executor(),
                    boost::beast::bind_front_handler(std::forward<Handler>(handler), ec));
}

} // namespace intermute::transport::ws
