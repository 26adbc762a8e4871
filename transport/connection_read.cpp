#include "transport/call.hpp"
#include "transport/connection.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"

#include <boost/asio/buffer.hpp>

namespace intermute::transport {
namespace {

namespace asio = boost::asio;
using base::errc;

constexpr std::size_t read_bytes = 4'096;
constexpr std::size_t body_read_bytes = 65'536;
// A client that takes no answers is not read from beyond this.
constexpr std::size_t unsent_max = 262'144;
constexpr std::size_t request_id_max = 128;

/// A request id that can go into headers, bodies and logs as it is.
bool is_sane_id(std::string_view id) noexcept {
  constexpr std::string_view others = "-_.:/+=@";
  if (id.empty() || id.size() > request_id_max)
    return false;
  for (const char c : id) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!plain && others.find(c) == std::string_view::npos)
      return false;
  }
  return true;
}

std::string_view view(const boost::beast::flat_buffer& buffer) noexcept {
  return {static_cast<const char*>(buffer.data().data()), buffer.size()};
}

} // namespace

void connection::consume() {
  if (consuming_)
    return; // Answered within its own request; the loop below goes on.
  consuming_ = true;
  while (!reading_ && wants_requests() && step()) // Ends: each step takes bytes.
    ;
  consuming_ = false;
  if (home_.draining())
    end_if_drained();
  flush();
  read_more();
}

bool connection::more_has_come() const {
  boost::system::error_code ec; // A socket that is gone has no more.
  return in_.size() != 0 || socket_.available(ec) != 0;
}

void connection::end_if_drained() {
  if (closed_ || stopping_ || upgrading_ || parser_)
    return; // A body that is half here may still come, until the shard is cut.
  if (reading_) {
    // It may have read something that we do not know of yet: `on_read` tells.
    boost::system::error_code ignored;
    if (!writing_)
      socket_.cancel(ignored);
    return;
  }
  boost::system::error_code ec;
  if (!wants_requests() || socket_.available(ec) != 0)
    return;
  stopping_ = true; // What is in `in_` is no whole request.
  if (!pipeline_.empty())
    pipeline_.back().keep_alive = false;
}

bool connection::wants_requests() const noexcept {
  return !closed_ && !stopping_ && !upgrading_ && !pipeline_.full()
         && out_.size() + sending_.size() < unsent_max;
}

bool connection::step() { return parser_ ? take_body() : take_head(); }

bool connection::take_head() {
  const auto head_max = home_.with().server.header_bytes_max;
  while (view(in_).starts_with("\r\n")) // RFC 9112 2.2. Ends: each round takes two bytes.
    in_.consume(2);
  const auto data = view(in_);
  if (data.empty())
    return false;
  const auto verdict = scanner_.scan(data);
  const bool whole = verdict == http::head_scanner::verdict::complete;
  if (verdict == http::head_scanner::verdict::malformed) {
    request_ = {};
    reject({errc::bad_http, "The request has a line that does not end as HTTP lines do.", {}});
    return false;
  }
  if ((whole ? scanner_.length() : data.size()) > head_max) {
    request_ = {};
    reject({errc::headers_too_large, {}, {}});
    return false;
  }
  if (!whole) {
    if (phase_ == phase::idle)
      enter(phase::head);
    return false;
  }
  parser_.emplace(request_, head_max, home_.with().server.body_bytes_max);
  request_.head_bytes.assign(data.substr(0, scanner_.length()));
  in_.consume(scanner_.length());
  scanner_ = {};
  if (auto taken = parser_->take_head(); !taken) {
    reject(taken.why());
    return false;
  }
  judge_head();
  if (parser_ && parser_->is_done())
    dispatch();
  return true;
}

void connection::judge_head() {
  direction_ = http::find_route(request_.method, request_.path);
  refusal_.reset();
  if (const auto fine = admit(); !fine)
    refusal_ = fine.why();
  if (parser_->is_done())
    return;
  if (refusal_)
    parser_->discard_body();
  if (request_.expects_continue && !request_.http_1_0 && in_.size() == 0) {
    if (refusal_)
      return reject(*refusal_); // Its body will never be sent.
    wants_continue_ = true;
  }
  enter(phase::body);
}

base::result<void> connection::admit() {
  const bool fine_query = http::is_utf8_query(request_.query);
  if (!direction_.location.empty())
    return fine_query ? base::result<void>{} : errc::invalid_utf8;
  // A path that exists, but not for this method, is told only to those who are let in.
  const bool exists = direction_.row != nullptr || direction_.failure == errc::method_not_allowed;
  if (!exists)
    return direction_.failure;
  const auto& row = http::routes()[direction_.index];
  if (row.needs != http::access::open)
    if (auto fine = let_in(row); !fine)
      return fine;
  if (direction_.row == nullptr)
    return direction_.failure;
  return fine_query ? base::result<void>{} : errc::invalid_utf8;
}

base::result<void> connection::let_in(const http::route& row) {
  const auto at = home_.auth().look(request_, from_, proven_);
  // Only who is let in for being here can be a page in a browser: it has no key to send.
  if (at.here && at.without_key)
    if (auto fine = home_.guard().check(request_, !http::is_unix(from_)); !fine)
      return fine;
  if (auto fine = home_.auth().authenticate(request_, at, proven_); !fine)
    return fine;
  if (row.handle == http::open_socket && !http::is_own_origin(request_))
    return errc::cross_origin;
  if (direction_.row != nullptr && row.needs == http::access::operators
      && !request_.who.is_operator)
    return errc::operator_required;
  return {};
}

bool connection::take_body() {
  const auto data = view(in_);
  if (data.empty())
    return false;
  const auto taken = parser_->take_body(data);
  if (!taken) {
    reject(refusal_ ? *refusal_ : taken.why());
    return false;
  }
  in_.consume(*taken);
  body_received_ += *taken;
  if (home_.with().server.body_rate_min == 0)
    phase_began_ = home_.now();
  if (parser_->is_done()) {
    dispatch();
    return true;
  }
  if (*taken == 0 && in_.size() > home_.with().server.header_bytes_max)
    reject({errc::bad_http, "A chunk of the body begins with too long a line.", {}});
  return false;
}

void connection::dispatch() {
  parser_.reset();
  wants_continue_ = false;
  enter(phase::idle);
  auto& one = open_exchange();
  if (is_sane_id(request_.request_id))
    one.request_id = request_.request_id;
  // A path that others might have read otherwise tells that the stream is not to be trusted.
  const bool is_odd = direction_.row == nullptr && direction_.failure == errc::invalid_request;
  if (is_odd || (home_.draining() && !more_has_come()))
    one.keep_alive = false;
  if (!one.keep_alive)
    stopping_ = true;
  const exchange_ref of{id_, one.number};
  call current{home_, *this, of, request_};
  if (refusal_) {
    if (refusal_->code == errc::method_not_allowed)
      current.reply().add_header("Allow", direction_.allow);
    current.refuse(std::move(*refusal_));
  } else if (direction_.row == nullptr) {
    auto& answer = current.reply();
    answer.status = 301;
    answer.content_type = {};
    if (!request_.query.empty())
      direction_.location.append("?").append(request_.query);
    answer.add_header("Location", direction_.location);
  } else {
    request_.parameter = std::move(direction_.parameter);
    request_.second = std::move(direction_.second);
    direction_.row->handle(current);
  }
  if (!current.asked())
    finish(*find_open(of.number), current.reply());
  else
    home_.arm(current.deadline());
}

void connection::reject(base::error why) {
  // The rest of the stream cannot be told apart any more: this is the last answer.
  const bool too_large = why.code == errc::body_too_large;
  direction_ = http::find_route(request_.method, request_.path);
  auto& one = open_exchange();
  one.keep_alive = false;
  stopping_ = true;
  refused_ = true;
  wants_continue_ = false;
  parser_.reset();
  auto& answer = home_.blank_answer();
  answer.close = true;
  if (too_large && direction_.row != nullptr && direction_.row->beyond == http::too_large::is_400)
    answer.status = 400;
  if (why.code == errc::method_not_allowed)
    answer.add_header("Allow", direction_.allow);
  answer.fail(std::move(why));
  finish(one, answer);
}

void connection::enter(phase next) {
  phase_ = next;
  phase_began_ = home_.now();
  body_received_ = 0;
}

base::steady_time connection::read_due() const {
  const auto& limits = home_.with().server;
  switch (phase_) {
  case phase::fresh:
  case phase::head: return phase_began_ + limits.header_timeout;
  case phase::idle:
    // While answers are under way, silence is not idleness.
    return pipeline_.empty() && !writing_ ? phase_began_ + limits.idle_timeout
                                          : base::steady_time::max();
  case phase::body: break;
  }
  if (limits.body_rate_min == 0)
    return phase_began_ + limits.idle_timeout;
  const std::chrono::microseconds earned{body_received_ * 1'000'000 / limits.body_rate_min};
  return phase_began_ + limits.header_timeout + earned;
}

void connection::on_slow_reading() {
  const bool nothing_came = phase_ == phase::idle || (phase_ == phase::fresh && in_.size() == 0);
  if (nothing_came)
    return close();
  if (!parser_)
    request_ = {};
  reject({errc::request_timeout, {}, {}});
}

void connection::read_more() {
  if (closed_ || reading_ || ended_)
    return;
  if (!lingering_ && !wants_requests()) {
    paused_ = true;
    return;
  }
  if (std::exchange(paused_, false) && phase_ != phase::idle)
    enter(phase_); // The time it was not read from does not count.
  reading_ = true;
  if (!lingering_)
    home_.arm(read_due());
  const auto room = parser_ ? body_read_bytes : read_bytes;
  socket_.async_read_some(in_.prepare(room), [self = shared_from_this()](
                                               const boost::system::error_code& ec,
                                               std::size_t count) { self->on_read(ec, count); });
}

void connection::on_read(const boost::system::error_code& ec, std::size_t count) {
  reading_ = false;
  if (closed_)
    return;
  const bool cancelled = ec == asio::error::operation_aborted; // By `end_if_drained`.
  if (lingering_) {
    if (ec && !cancelled)
      return close();
    in_.clear();
    return read_more();
  }
  if (cancelled)
    return consume();
  if (!ec) {
    in_.commit(count);
    return consume();
  }
  ended_ = true;
  stopping_ = true;
  // A client may close its side and still want the answers that are under way.
  if (ec != asio::error::eof || (pipeline_.empty() && out_.empty() && !writing_))
    return close();
}

} // namespace intermute::transport
