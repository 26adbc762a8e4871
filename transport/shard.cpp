#include "transport/shard.hpp"

#include "transport/connection.hpp"
#include "transport/ws/channel.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>

namespace intermute::transport {
namespace {

namespace asio = boost::asio;

// The timer is for bounds of seconds; finer steps would only cost wake-ups.
constexpr std::chrono::milliseconds step{5};
// So many connections beyond the limit are told why; any further one is only closed.
constexpr std::uint32_t refused_max = 256;
// A push is a system call. Between slices of so many, requests get their turn: an event that goes
// to thousands of sockets makes nobody else wait for all of them.
constexpr std::size_t pushes_per_turn = 64;
// Beyond this the pushes go first, so that not more and more of them wait.
constexpr std::size_t waiting_pushes_max = 65'536;

/// RFC 9110 section 5.6.7: `Sun, 06 Nov 1994 08:49:37 GMT`.
std::string http_date(std::chrono::sys_seconds at) {
  using namespace std::chrono;
  constexpr std::array<const char*, 7> day_names{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{at - day};
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d GMT",
                day_names[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                static_cast<int>(time.seconds().count()));
  return text.data();
}

} // namespace

shard::shard(services& with, actors::io_shards& io, std::size_t index)
  : with_(with), io_(io), index_(index), context_(io.context(index)),
    guard_(with.server.allowed_hosts), auth_(with.rules, with.front), connections_(index),
    channels_(index), timer_(context_.get_executor()) {}

shard::~shard() = default;

void shard::deliver(std::vector<actors::op_ptr> answered) {
  if (is_own_thread()) {
    hand_out(answered);
    return;
  }
  bool wake = false;
  {
    const std::lock_guard guard{mutex_};
    wake = delivered_ops_.empty() && delivered_frames_.empty();
    if (delivered_ops_.empty())
      delivered_ops_ = std::move(answered);
    else
      std::ranges::move(answered, std::back_inserter(delivered_ops_));
  }
  if (wake)
    asio::post(context_, [this] { take_delivered(); });
}

void shard::deliver(std::vector<actors::frame> frames) {
  if (is_own_thread()) {
    queue(std::move(frames));
    return;
  }
  bool wake = false;
  {
    const std::lock_guard guard{mutex_};
    wake = delivered_ops_.empty() && delivered_frames_.empty();
    if (delivered_frames_.empty())
      delivered_frames_ = std::move(frames);
    else
      std::ranges::move(frames, std::back_inserter(delivered_frames_));
  }
  if (wake)
    asio::post(context_, [this] { take_delivered(); });
}

void shard::take_delivered() {
  std::vector<actors::op_ptr> ops;
  std::vector<actors::frame> frames;
  {
    const std::lock_guard guard{mutex_};
    ops.swap(delivered_ops_);
    frames.swap(delivered_frames_);
  }
  hand_out(ops);
  if (!frames.empty())
    queue(std::move(frames));
}

void shard::hand_out(std::vector<actors::op_ptr>& answered) {
  if (handing_out_++ == 0)
    batch_is_ready_ = answered.size() > 1;
  for (auto& one : answered)
    one->answered();
  if (--handing_out_ == 0 && batch_is_ready_)
    advance_ready();
}

void shard::queue(std::vector<actors::frame> frames) {
  const bool idle = frames_.empty(); // Else a turn is posted already.
  std::ranges::move(frames, std::back_inserter(frames_));
  if (idle)
    push_some();
  while (frames_.size() > waiting_pushes_max) // Ends: each round takes one.
    push_first();
}

void shard::push_first() {
  auto one = std::move(frames_.front());
  frames_.pop_front();
  if (auto* const channel = channels_.find(one.to))
    channel->push(std::move(one));
}

void shard::push_some() {
  for (std::size_t i = 0; i < pushes_per_turn && !frames_.empty(); ++i)
    push_first();
  if (!frames_.empty())
    asio::post(context_, [this] { push_some(); });
}

void shard::note_ready(std::uint64_t id, bool more_to_come) {
  ready_.push_back(id);
  // An answer by itself goes out now, unless more of its connection are on their way: the post
  // then runs after the actors that answer them, and one write takes all.
  if (handing_out_ != 0 && (batch_is_ready_ || !more_to_come)) {
    batch_is_ready_ = true;
  } else if (!advance_posted_) {
    advance_posted_ = true;
    asio::post(context_, [this] {
      advance_posted_ = false;
      advance_ready();
    });
  }
}

void shard::advance_ready() {
  if (advancing_)
    return; // The loop below comes to the new ones as well.
  advancing_ = true;
  for (std::size_t i = 0; i < ready_.size(); ++i) // Advancing may make others ready.
    if (auto* const one = connections_.find(ready_[i]))
      one->advance();
  ready_.clear();
  advancing_ = false;
}

void shard::adopt(stream_socket socket, http::peer from) {
  const auto open_max = with_.server.connections_max;
  if (with_.connections.now() >= open_max + refused_max) {
    with_.metrics.connections_refused.Increment();
    return; // The socket closes as it dies.
  }
  const auto open = with_.connections.add();
  with_.metrics.connections.Increment();
  open_.fetch_add(1, std::memory_order_relaxed);
  auto one = std::make_shared<connection>(*this, std::move(socket), from);
  const auto id = connections_.insert(one);
  if (open > open_max)
    with_.metrics.connections_refused.Increment();
  one->start(id, open > open_max);
}

void shard::forget_connection(std::uint64_t id, bool becomes_socket) {
  connections_.erase(id);
  with_.metrics.connections.Decrement();
  if (becomes_socket) {
    with_.metrics.sockets.Increment();
    return;
  }
  open_.fetch_sub(1, std::memory_order_relaxed);
  with_.connections.remove();
}

std::uint64_t shard::add_channel(std::shared_ptr<ws::channel> one) {
  return channels_.insert(std::move(one));
}

void shard::forget_channel(std::uint64_t id, bool counted) {
  if (channels_.find(id) == nullptr)
    return;
  with_.front.unsubscribe(id);
  channels_.erase(id);
  with_.sockets.remove();
  if (!counted)
    return;
  with_.metrics.sockets.Decrement();
  open_.fetch_sub(1, std::memory_order_relaxed);
  with_.connections.remove();
}

http::response& shard::blank_answer() {
  answer_.reset();
  return answer_;
}

http::response* shard::begin_answer(const exchange_ref& of) {
  auto* const one = connections_.find(of.connection);
  if (one == nullptr || one->find_open(of.number) == nullptr)
    return nullptr;
  return &blank_answer();
}

void shard::end_answer(const exchange_ref& of) {
  if (auto* const one = connections_.find(of.connection))
    if (auto* const open = one->find_open(of.number))
      one->finish(*open, answer_);
}

void shard::arm(base::steady_time due) {
  if (due >= armed_)
    return;
  armed_ = due;
  wait();
}

void shard::wait() {
  timer_.expires_at(armed_);
  timer_.async_wait([this](const boost::system::error_code& ec) {
    if (!ec)
      look_at_clock();
  });
}

void shard::look_at_clock() {
  const auto current = now();
  auto next = base::steady_time::max();
  armed_ = base::steady_time::min(); // Nobody re-arms while all are looked at.
  const auto look = [&](auto& one) {
    if (one.due() <= current)
      one.on_time(current);
    next = std::min(next, one.due());
  };
  connections_.for_each(look);
  channels_.for_each(look);
  armed_ = next == base::steady_time::max() ? next : std::max(next, current + step);
  if (armed_ != base::steady_time::max())
    wait();
}

std::string_view shard::date() {
  const auto second = std::chrono::floor<std::chrono::seconds>(with_.clock.wall());
  if (second.time_since_epoch().count() != date_second_) {
    date_second_ = second.time_since_epoch().count();
    date_ = http_date(second);
  }
  return date_;
}

void shard::drain() {
  asio::post(context_, [this] { drain_now(); });
}

void shard::close_all() {
  asio::post(context_, [this] { close_all_now(); });
}

void shard::drain_now() {
  if (draining_.exchange(true, std::memory_order_relaxed))
    return;
  connections_.for_each([](connection& one) { one.drain(); });
  channels_.for_each([](ws::channel& one) { one.drain(); });
}

void shard::close_all_now() {
  connections_.for_each([](connection& one) { one.cut(); });
  channels_.for_each([](ws::channel& one) { one.cut(); });
}

} // namespace intermute::transport
