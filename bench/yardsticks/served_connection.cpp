#include "bench/yardsticks/served_connection.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/error.hpp>

#include <utility>

namespace intermute::bench::yardsticks {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t read_bytes = 8 * 1024;

} // namespace

served_connection::served_connection(tcp_socket socket) : socket_{std::move(socket)} {}

void served_connection::start() {
  error_code ignored; // A socket that is gone already shows at the first read.
  socket_.non_blocking(true, ignored);
  socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  read_more();
}

void served_connection::advance() {
  if (advancing_)
    return; // Answered within its own request; the loop below goes on.
  advancing_ = true;
  bool took = true;
  while (took) { // Ends: every round but the last has taken a request from what was read.
    took = false;
    while (!ending_ && wants_requests() && take_one()) // Ends: likewise.
      took = true;
    flush();
  }
  advancing_ = false;
  if (!socket_.is_open() || blocked_ || !wants_requests())
    return;
  if (ending_)
    end();
  read_more();
}

bool served_connection::take_one() {
  if (in_.size() == 0)
    return false;
  if (!reader_)
    reader_.emplace(body_);
  error_code failure;
  in_.consume(reader_->put(in_.data(), failure));
  if (failure && failure != http::error::need_more) {
    ending_ = true;
    refuse();
    return false;
  }
  if (!reader_->is_done())
    return false;
  ending_ = reader_->is_last();
  reader_.reset();
  take(body_, ending_);
  return true;
}

void served_connection::flush() {
  while (socket_.is_open() && !blocked_) { // Ends: each round sends bytes of a bounded number.
    const auto next = unsent();
    if (next.empty())
      return;
    error_code failure;
    // A single buffer goes out with `send`, which is cheaper than `sendmsg`.
    const auto bytes = next.size() == 1 ? socket_.write_some(next.front(), failure)
                                        : socket_.write_some(next, failure);
    if (failure == asio::error::would_block)
      return wait_for_room();
    if (failure)
      return close();
    sent(bytes);
  }
}

void served_connection::wait_for_room() {
  blocked_ = true;
  socket_.async_wait(tcp_socket::wait_write, [self = shared_from_this()](const error_code& failed) {
    self->blocked_ = false;
    if (failed)
      return self->close();
    self->advance();
  });
}

void served_connection::read_more() {
  if (std::exchange(reading_, true))
    return;
  socket_.async_read_some(in_.prepare(read_bytes),
                          [self = shared_from_this()](const error_code& failed, std::size_t bytes) {
                            self->on_read(failed, bytes);
                          });
}

void served_connection::on_read(const error_code& failure, std::size_t bytes) {
  reading_ = false;
  if (failure)
    return close();
  if (ended_)
    return read_more();
  in_.commit(bytes);
  advance();
}

void served_connection::end() {
  if (std::exchange(ended_, true))
    return;
  // Closing while the client still sends would make its kernel throw our answer away.
  error_code failure;
  socket_.shutdown(asio::socket_base::shutdown_send, failure);
  in_.clear();
}

void served_connection::close() {
  error_code ignored; // Nothing is left to be told.
  socket_.close(ignored);
}

} // namespace intermute::bench::yardsticks
