#pragma once

#include "transport/http/request.hpp"
#include "transport/shard.hpp"
#include "transport/ws/gentle_socket.hpp"
#include "transport/ws/outbox.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace intermute::transport::ws {

/// One WebSocket: sends what its outbox holds, checks and drops what the client says.
///
/// It exists before its socket does, so that the subscription can be made before the client is
/// told that it is connected: no event between the two is missed. A client that reads too slowly
/// is closed with 1013 and comes back with its cursor. Lives on its shard's thread.
class channel final : public std::enable_shared_from_this<channel> {
public:
  explicit channel(shard& home);

  void set_id(std::uint64_t id) noexcept { id_ = id; }

  /// Takes the socket over and answers the handshake `asked`.
  /// @param rest  What came behind the handshake.
  void start(stream_socket socket, const http::request& asked, std::string_view rest);

  /// Sends `next` when its turn comes, or closes when there is no room for it.
  void push(actors::frame next);

  /// Says goodbye: the server is going away.
  void drain();
  /// Closes without a word.
  void cut();

  [[nodiscard]] base::steady_time due() const noexcept;
  void on_time(base::steady_time now);

private:
  using stream = boost::beast::websocket::stream<gentle_socket, false>;
  using error_code = boost::system::error_code;

  void on_accepted(const error_code& ec);
  void read();
  void on_read(const error_code& ec);
  void write();
  void on_written(const error_code& ec);
  void close(std::uint16_t code, std::string reason);
  void close_slow();
  void send_close();
  void linger();
  void discard();
  void give_up();

  shard& home_;
  std::uint64_t id_ = 0;
  std::optional<stream> stream_;
  std::string handshake_; ///< Lives until the handshake is read.
  boost::beast::flat_buffer in_;
  outbox outbox_;
  bool open_ = false; ///< The handshake is through.
  bool writing_ = false;
  bool closing_ = false; ///< No event is taken any more.
  bool close_sent_ = false;
  bool gone_ = false;
  std::uint16_t close_code_ = 0;
  std::string close_reason_;
  /// Where the client can go on from: the last event that was sent, else what it asked for.
  std::optional<domain::cursor> resume_at_;
  base::steady_time due_ = base::steady_time::max(); ///< When a write or the end is overdue.
};

} // namespace intermute::transport::ws
