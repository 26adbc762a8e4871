#include "transport/connection.hpp"

#include "transport/http/problem.hpp"
#include "transport/ws/channel.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>

namespace intermute::transport {
namespace {

namespace asio = boost::asio;
using base::errc;

constexpr std::size_t kept_bytes_max = 16'384;
// How long a client that was refused may take to stop sending: closing earlier would make its
// kernel throw our answer away.
constexpr std::chrono::seconds linger_time{2};

} // namespace

connection::connection(shard& home, stream_socket socket, http::peer from)
  : home_(home), socket_(std::move(socket)), from_(from),
    pipeline_(home.with().server.pipeline_max) {}

void connection::start(std::uint64_t id, bool refused) {
  id_ = id;
  boost::system::error_code ignored; // A socket that is gone already shows at the first read.
  socket_.non_blocking(true, ignored);
  if (!http::is_unix(from_))
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  enter(phase::fresh);
  if (refused) {
    reject({errc::mailbox_full, "The server has as many connections as it takes.", "connections"});
    flush();
    return;
  }
  consume(); // There is nothing yet, but it may be drained at once.
}

exchange& connection::open_exchange() {
  auto& one = pipeline_.push();
  one.route = direction_.index;
  one.began = home_.now();
  one.deadline = one.began + home_.with().server.request_timeout;
  one.head_only = request_.method == http::verb::head;
  one.http_1_0 = request_.http_1_0;
  one.keep_alive = request_.keep_alive;
  one.path = request_.path;
  return one;
}

void connection::finish(exchange& one, http::response& answer) {
  if (answer.failure) {
    if (one.request_id.empty())
      one.request_id = base::make_uuid(home_.with().clock.wall(), home_.with().entropy);
    http::render_problem(answer, {one.path, one.request_id});
  } else if (!one.request_id.empty()) {
    answer.add_header("X-Request-Id", one.request_id);
  }
  home_.with().metrics.answered(one.route, answer.status, home_.now() - one.began);
  if (answer.close)
    one.keep_alive = false;
  const http::head_facts facts{home_.date(), !one.keep_alive, one.keep_alive && one.http_1_0,
                               one.head_only};
  const bool is_next = &one == &pipeline_.front();
  http::append_response(is_next ? out_ : one.answer, answer, facts);
  one.is = exchange::state::ready;
  one.asked = nullptr;
  if (is_next)
    move_ready();
  if (!consuming_ && !noted_) {
    noted_ = true;
    home_.note_ready(id_, !pipeline_.empty());
  }
}

void connection::move_ready() {
  // The first answer may be in `out_` already; its own text is then empty.
  while (!pipeline_.empty() && pipeline_.front().is == exchange::state::ready) {
    out_ += pipeline_.front().answer;
    pipeline_.pop(); // Ends: each round takes one of a finite number.
  }
}

void connection::upgrade(exchange& one) {
  one.is = exchange::state::upgrade;
  one.asked = nullptr;
  if (!consuming_)
    advance();
}

void connection::advance() {
  const auto held = shared_from_this(); // Sending may end in closing.
  noted_ = false;
  if (closed_)
    return;
  consume();
}

void connection::flush() {
  if (closed_ || writing_)
    return;
  if (wants_continue_ && pipeline_.empty()) {
    wants_continue_ = false;
    out_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  if (out_.empty())
    return after_flush();
  boost::system::error_code ec;
  const auto sent = socket_.write_some(asio::buffer(out_), ec);
  if (ec && ec != asio::error::would_block && ec != asio::error::try_again)
    return close();
  if (sent == out_.size()) {
    out_.clear();
    return after_flush();
  }
  sending_.swap(out_);
  writing_ = true;
  stuck_at_ = home_.now() + home_.with().server.idle_timeout;
  home_.arm(stuck_at_);
  asio::async_write(socket_, asio::buffer(sending_) + sent,
                    [self = shared_from_this()](const boost::system::error_code& failed,
                                                std::size_t) { self->on_written(failed); });
}

void connection::on_written(const boost::system::error_code& ec) {
  writing_ = false;
  sending_.clear();
  if (closed_)
    return;
  if (ec)
    return close();
  advance();
}

void connection::after_flush() {
  if (upgrading_ && !pipeline_.empty() && pipeline_.front().is == exchange::state::upgrade)
    return become_socket();
  if (!pipeline_.empty())
    return;
  if (stopping_)
    return linger();
  slim();
}

void connection::become_socket() {
  const auto id = pipeline_.front().channel;
  pipeline_.front().channel = 0;
  auto* const channel = home_.find_channel(id);
  if (channel == nullptr)
    return close();
  closed_ = true;
  const auto held = shared_from_this();
  home_.forget_connection(id_, true);
  const auto rest = in_.data();
  channel->start(std::move(socket_), request_,
                 {static_cast<const char*>(rest.data()), rest.size()});
}

void connection::linger() {
  boost::system::error_code ec;
  const bool unread = in_.size() != 0 || socket_.available(ec) != 0;
  if (ended_ || ec || !(refused_ || unread))
    return close();
  if (lingering_)
    return;
  lingering_ = true;
  socket_.shutdown(asio::socket_base::shutdown_send, ec);
  stuck_at_ = home_.now() + linger_time;
  home_.arm(stuck_at_);
  read_more();
}

void connection::slim() {
  if (!reading_ && in_.size() == 0 && in_.capacity() > kept_bytes_max) {
    in_.clear();
    in_.shrink_to_fit();
  }
  if (!parser_ && request_.body.capacity() > kept_bytes_max)
    request_.body = {};
  for (auto* const text : {&out_, &sending_})
    if (text->empty() && text->capacity() > kept_bytes_max)
      *text = {};
  pipeline_.shrink();
}

void connection::drain() {
  if (!closed_ && !lingering_)
    advance();
}

void connection::cut() {
  if (closed_ || lingering_)
    return close();
  const bool half_sent = parser_ && pipeline_.empty() && !writing_ && out_.empty();
  if (!half_sent)
    return close();
  reject({errc::shutting_down, {}, {}});
  flush();
}

void connection::close() {
  if (closed_)
    return;
  closed_ = true;
  const auto held = shared_from_this();
  if (upgrading_ && !pipeline_.empty())
    home_.forget_channel(pipeline_.back().channel, false);
  boost::system::error_code ignored; // Nothing is left to be told.
  socket_.close(ignored);
  home_.forget_connection(id_, false);
}

base::steady_time connection::due() const {
  if (closed_)
    return base::steady_time::max();
  if (lingering_)
    return stuck_at_;
  auto first = writing_ ? stuck_at_ : base::steady_time::max();
  if (!pipeline_.empty() && pipeline_.front().is == exchange::state::open)
    first = std::min(first, pipeline_.front().deadline);
  if (reading_ && !stopping_)
    first = std::min(first, read_due());
  return first;
}

void connection::on_time(base::steady_time now) {
  if (closed_)
    return;
  if ((lingering_ || writing_) && stuck_at_ <= now)
    return close();
  while (!pipeline_.empty() && pipeline_.front().is == exchange::state::open
         && pipeline_.front().deadline <= now)
    expire_front(); // Ends: each round answers one.
  if (reading_ && !stopping_ && read_due() <= now)
    on_slow_reading();
  advance();
}

void connection::expire_front() {
  auto& one = pipeline_.front();
  home_.with().metrics.requests_timed_out.Increment();
  const bool stored = one.asked != nullptr && one.asked->is_logged();
  if (one.channel != 0) {
    home_.forget_channel(one.channel, false);
    one.channel = 0;
    upgrading_ = false;
  }
  auto& answer = home_.blank_answer();
  answer.fail({stored ? errc::outcome_unknown : errc::deadline_exceeded, {}, {}});
  if (stored)
    answer.add_header("Retry-After", "1");
  finish(one, answer);
}

} // namespace intermute::transport
