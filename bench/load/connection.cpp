#include "bench/load/connection.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <utility>

namespace intermute::bench {

namespace asio = boost::asio;
namespace http = boost::beast::http;

namespace {

constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::chrono::milliseconds reconnect_pause{20};
/// With the pause above: ten seconds without a server end the connection.
constexpr std::size_t failures_in_row_max = 500;

} // namespace

connection::connection(shard& home, std::unique_ptr<requester> asks, asio::ip::tcp::endpoint server)
  : home_{home}, asks_{std::move(asks)}, server_{std::move(server)}, socket_{home.io()},
    pause_{home.io()} {}

void connection::connect() {
  socket_.connect(server_);
  socket_.set_option(asio::ip::tcp::no_delay{true});
  socket_.non_blocking(true);
}

void connection::start() {
  home_.joined();
  asio::post(home_.io(), [this] { proceed(); });
}

void connection::proceed() {
  if (!home_.is_open_loop()) {
    const auto now = bench_clock::now();
    return home_.take_turn(now) ? send(now) : finish();
  }
  if (const auto due = home_.take_due())
    return send(*due);
  if (home_.is_over())
    return finish();
  home_.wait_for_due(*this);
}

void connection::send(bench_clock::time_point due) {
  due_ = due;
  sent_ = bench_clock::now();
  current_ = asks_->next(due);
  waiting_ = true;
  reader_.emplace(response_);
  // A request nearly always fits the socket's buffer: one call, no trip through the event loop.
  error_code failure;
  const std::size_t written = socket_.write_some(asio::buffer(current_.bytes), failure);
  if (failure && failure != asio::error::would_block)
    return lost("write: " + failure.message());
  if (written == current_.bytes.size())
    return read_more();
  write_rest(failure ? 0 : written);
}

void connection::write_rest(std::size_t written) {
  const std::string_view rest = current_.bytes.substr(written);
  asio::async_write(socket_, asio::buffer(rest), [this](error_code failure, std::size_t) {
    if (failure)
      return lost("write: " + failure.message());
    read_more();
  });
}

void connection::read_more() {
  socket_.async_read_some(
    buffer_.prepare(read_bytes),
    [this](error_code failure, std::size_t bytes) { on_read(failure, bytes); });
}

void connection::on_read(error_code failure, std::size_t bytes) {
  if (failure)
    return lost("read: " + failure.message());
  buffer_.commit(bytes);
  // Ends because every turn either consumes bytes or reports that it needs more.
  while (buffer_.size() > 0 && !reader_->is_done()) {
    error_code parsed;
    buffer_.consume(reader_->put(buffer_.data(), parsed));
    if (parsed == http::error::need_more)
      break;
    if (parsed)
      return lost("malformed answer: " + parsed.message());
  }
  reader_->is_done() ? answered() : read_more();
}

void connection::answered() {
  const auto now = bench_clock::now();
  home_.counted().answered(current_.what, due_, now, response_);
  home_.recent().add(now - due_);
  asks_->answered(response_, home_.counted().broken_promises);
  waiting_ = false;
  failures_in_row_ = 0;
  if (!reader_->keep_alive())
    return reconnect_later();
  proceed();
}

void connection::give_up_after(bench_clock::time_point now, bench_clock::duration limit) {
  if (!waiting_ || now - sent_ < limit)
    return;
  home_.counted().broken_promises.add("request without answer", to_string(current_.what));
  socket_.cancel(); // The pending read or write then ends in `lost()`, which connects again.
}

void connection::lost(const std::string& reason) {
  home_.counted().broken(reason);
  if (std::exchange(waiting_, false))
    asks_->lost();
  if (++failures_in_row_ > failures_in_row_max)
    return finish();
  reconnect_later();
}

void connection::reconnect_later() {
  error_code ignored;
  socket_.close(ignored);
  buffer_.clear();
  pause_.expires_after(reconnect_pause);
  pause_.async_wait([this](error_code) { reconnect(); });
}

void connection::reconnect() {
  try {
    connect();
  } catch (const boost::system::system_error& failure) {
    if (home_.has_ended(bench_clock::now()))
      return finish();
    return lost("connect: " + failure.code().message());
  }
  proceed();
}

void connection::finish() {
  if (std::exchange(finished_, true))
    return;
  error_code ignored;
  socket_.close(ignored);
  home_.left();
}

} // namespace intermute::bench
