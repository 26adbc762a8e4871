#include "transport/ws/channel.hpp"

#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <charconv>

namespace intermute::transport::ws {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace websocket = beast::websocket;

constexpr std::chrono::seconds handshake_timeout{10};
// How long a client that reads too slowly has for what is under way and the goodbye.
constexpr std::chrono::seconds goodbye_timeout{10};
// How long a client that broke the protocol may take to stop sending and read why it is closed.
constexpr std::chrono::seconds linger_time{2};
// Clients may not send before the handshake is answered; some are forgiven a little.
constexpr std::size_t rest_max = 1'024;
constexpr std::size_t kept_bytes_max = 4'096;

/// The handshake as Beast wants to read it; what it does not need is left out, so nothing is
/// ever negotiated.
std::string canonical_handshake(const http::request& asked, std::string_view rest) {
  std::string text = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\n"
                     "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  text.append(asked.socket_key).append("\r\n\r\n").append(rest);
  return text;
}

/// The decimal number that `text` begins with.
std::optional<domain::cursor> number_at(std::string_view text) noexcept {
  domain::cursor value = 0;
  const auto [stop, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  return ec == std::errc{} ? std::optional{value} : std::nullopt;
}

/// The member `cursor` of an event, if it has one. What a client chose cannot be taken for it: a
/// quotation mark in a string is escaped.
std::optional<domain::cursor> cursor_of(std::string_view event) noexcept {
  constexpr std::string_view member = "\"cursor\":";
  const auto at = event.find(member);
  return at == std::string_view::npos ? std::nullopt : number_at(event.substr(at + member.size()));
}

} // namespace

channel::channel(shard& home)
  : home_(home),
    outbox_(home.with().websocket.outbox_events_max, home.with().websocket.outbox_bytes_max) {}

void channel::start(stream_socket socket, const http::request& asked, std::string_view rest) {
  const auto& limits = home_.with().websocket;
  boost::system::error_code ignored; // A socket that is gone already shows at the first write.
  socket.set_option(asio::socket_base::send_buffer_size(static_cast<int>(limits.send_buffer_bytes)),
                    ignored);
  stream_.emplace(gentle_socket{std::move(socket)});
  if (rest.size() > rest_max)
    return give_up();
  resume_at_ = number_at(http::query_value(asked.query, "since_cursor").value_or(""));
  stream_->set_option(
    websocket::stream_base::timeout{handshake_timeout, limits.idle_timeout, true});
  stream_->set_option(websocket::stream_base::decorator(
    [](websocket::response_type& answer) { answer.set(beast::http::field::server, "intermute"); }));
  stream_->read_message_max(limits.message_bytes_max);
  stream_->auto_fragment(false);
  handshake_ = canonical_handshake(asked, rest);
  stream_->async_accept(
    asio::buffer(handshake_),
    [self = shared_from_this()](const error_code& ec) { self->on_accepted(ec); });
}

void channel::on_accepted(const error_code& ec) {
  handshake_ = {};
  if (gone_)
    return;
  if (ec)
    return give_up();
  open_ = true;
  if (home_.draining())
    drain();
  if (closing_)
    return send_close();
  read();
  write();
}

void channel::push(actors::frame next) {
  if (closing_ || gone_)
    return;
  if (!outbox_.push(std::move(next))) {
    home_.with().metrics.sockets_slow.Increment();
    if (writing_)
      outbox_.keep_first();
    return close_slow();
  }
  write();
}

void channel::write() {
  if (!open_ || writing_ || close_sent_ || gone_ || outbox_.empty())
    return;
  writing_ = true;
  if (!closing_) {
    due_ = home_.now() + home_.with().websocket.idle_timeout;
    home_.arm(due_);
  }
  stream_->text(true);
  stream_->async_write(
    asio::buffer(*outbox_.front().payload),
    [self = shared_from_this()](const error_code& ec, std::size_t) { self->on_written(ec); });
}

void channel::on_written(const error_code& ec) {
  writing_ = false;
  if (gone_)
    return;
  if (ec)
    return give_up();
  home_.with().metrics.socket_frames.Increment();
  if (const auto at = cursor_of(*outbox_.front().payload))
    resume_at_ = at;
  const bool more = outbox_.front().ask_more;
  outbox_.pop();
  if (closing_)
    return send_close();
  due_ = base::steady_time::max();
  if (more)
    home_.with().front.resume(id_);
  write();
}

void channel::read() {
  stream_->async_read(
    in_, [self = shared_from_this()](const error_code& ec, std::size_t) { self->on_read(ec); });
}

void channel::on_read(const error_code& ec) {
  if (gone_)
    return;
  if (ec && ec != websocket::error::closed
      && ec.category() == error_code{websocket::error::closed}.category())
    return linger();
  if (ec)
    return give_up();
  const auto data = in_.data();
  const bool fine = json::is_json({static_cast<const char*>(data.data()), data.size()});
  in_.clear();
  if (in_.capacity() > kept_bytes_max)
    in_.shrink_to_fit();
  if (!fine)
    return close(websocket::close_code::bad_payload, "failed to unmarshal JSON");
  if (!close_sent_)
    read();
}

void channel::close(std::uint16_t code, std::string reason) {
  if (closing_ || gone_)
    return;
  closing_ = true;
  close_code_ = code;
  close_reason_ = std::move(reason);
  due_ = home_.now() + goodbye_timeout;
  home_.arm(due_);
  if (open_ && !writing_)
    send_close();
}

void channel::send_close() {
  if (close_sent_)
    return;
  close_sent_ = true;
  // Only now is known which event was the last.
  const bool resumes = close_code_ != websocket::close_code::bad_payload;
  if (resumes && resume_at_)
    close_reason_ += ' ' + std::to_string(*resume_at_);
  const websocket::close_reason reason{
    static_cast<websocket::close_code>(close_code_),
    beast::string_view{close_reason_.data(), close_reason_.size()}};
  stream_->async_close(reason, [self = shared_from_this()](const error_code&) {
    self->give_up(); // Whatever became of it, this was the last word.
  });
}

void channel::close_slow() { close(websocket::close_code::try_again_later, "resume from cursor"); }

void channel::drain() {
  close(websocket::close_code::going_away, "the server is shutting down; resume from cursor");
}

void channel::cut() { give_up(); }

void channel::linger() {
  closing_ = true;
  close_sent_ = true; // Beast has said goodbye already.
  due_ = home_.now() + linger_time;
  home_.arm(due_);
  discard();
}

void channel::discard() {
  in_.clear();
  stream_->next_layer().async_read_some(
    in_.prepare(kept_bytes_max), [self = shared_from_this()](const error_code& ec, std::size_t) {
      if (self->gone_)
        return;
      if (ec)
        return self->give_up();
      self->discard();
    });
}

void channel::give_up() {
  if (gone_)
    return;
  gone_ = true;
  const auto held = shared_from_this();
  if (stream_) {
    boost::system::error_code ignored; // Nothing is left to be told.
    stream_->next_layer().close(ignored);
  }
  home_.forget_channel(id_, stream_.has_value());
}

base::steady_time channel::due() const noexcept { return gone_ ? base::steady_time::max() : due_; }

void channel::on_time(base::steady_time now) {
  if (gone_ || now < due_)
    return;
  if (closing_)
    return give_up();
  // One frame did not leave in all that time: it is as slow as a full outbox.
  home_.with().metrics.sockets_slow.Increment();
  outbox_.keep_first();
  close_slow();
}

} // namespace intermute::transport::ws
