#pragma once

#include "actors/op.hpp"
#include "actors/runtime/io_shards.hpp"
#include "actors/subscription.hpp"
#include "transport/http/access.hpp"
#include "transport/http/authenticator.hpp"
#include "transport/http/response.hpp"
#include "transport/pipeline.hpp"
#include "transport/services.hpp"
#include "transport/slot_map.hpp"

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace intermute::transport {

namespace ws {
class channel;
}
class connection;

/// A connected socket, of TCP or Unix. It knows its executor's type, so that posts on its own
/// thread cost no lock.
using stream_socket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                                       boost::asio::io_context::executor_type>;

/// Everything transport keeps for one io thread: the connections, one coarse timer, and the place
/// where answers and frames come in.
///
/// Must outlive every op and subscription that was made for it: destroy it after the actors.
class shard final : public actors::reply_sink, public actors::frame_sink {
public:
  shard(services& with, actors::io_shards& io, std::size_t index);
  ~shard() override;

  shard(const shard&) = delete;
  shard& operator=(const shard&) = delete;

  /// @name From any thread
  /// @{
  /// On the shard's own thread at once; from others with one wake-up for all that has piled up.
  void deliver(std::vector<actors::op_ptr> answered) override;
  void deliver(std::vector<actors::frame> frames) override;

  /// Closes what is idle, answers what is under way, says goodbye to the WebSockets. Idempotent.
  void drain();
  /// Cuts every connection.
  void close_all();
  [[nodiscard]] std::size_t open() const noexcept { return open_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool draining() const noexcept { return draining_.load(std::memory_order_relaxed); }
  /// @}

  /// @name On the shard's thread
  /// @{
  [[nodiscard]] services& with() noexcept { return with_; }
  [[nodiscard]] boost::asio::io_context& context() noexcept { return context_; }
  [[nodiscard]] http::host_guard& guard() noexcept { return guard_; }
  [[nodiscard]] http::authenticator& auth() noexcept { return auth_; }
  [[nodiscard]] base::steady_time now() const { return with_.clock.steady(); }

  /// Takes over an accepted socket.
  void adopt(stream_socket socket, http::peer from);
  void forget_connection(std::uint64_t id, bool becomes_socket);

  [[nodiscard]] connection* find_connection(std::uint64_t id) const noexcept {
    return connections_.find(id);
  }
  [[nodiscard]] ws::channel* find_channel(std::uint64_t id) const noexcept {
    return channels_.find(id);
  }
  std::uint64_t add_channel(std::shared_ptr<ws::channel> one);
  /// Ends the channel's subscription and lets go of it. @param counted  It had its socket.
  void forget_channel(std::uint64_t id, bool counted);

  /// The answer to fill for a request, or nothing when it is too late for one.
  [[nodiscard]] http::response* begin_answer(const exchange_ref& of);
  /// Hands the filled answer to its connection.
  void end_answer(const exchange_ref& of);
  /// An answer to fill; only one at a time.
  [[nodiscard]] http::response& blank_answer();

  /// Sees to it that the timer runs at `due` or before.
  void arm(base::steady_time due);
  /// Sends what the connection has ready once the batch under way is handed out.
  void note_ready(std::uint64_t id, bool more_to_come);

  /// `Date` of now; formatted once a second.
  [[nodiscard]] std::string_view date();
  /// @}

private:
  void take_delivered();
  void hand_out(std::vector<actors::op_ptr>& answered);
  void queue(std::vector<actors::frame> frames);
  void push_first();
  void push_some();
  void advance_ready();
  void wait();
  void look_at_clock();
  void drain_now();
  void close_all_now();
  [[nodiscard]] bool is_own_thread() const noexcept { return io_.current() == index_; }

  services& with_;
  actors::io_shards& io_;
  std::size_t index_;
  boost::asio::io_context& context_;
  http::host_guard guard_;
  http::authenticator auth_;
  slot_map<connection> connections_;
  slot_map<ws::channel> channels_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> draining_{false};

  http::response answer_;
  std::vector<std::uint64_t> ready_; ///< Connections that have something to send.
  bool batch_is_ready_ = false;      ///< False: what is ready waits for a post of its own.
  unsigned handing_out_ = 0;
  bool advance_posted_ = false;
  bool advancing_ = false;

  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
    timer_;
  base::steady_time armed_ = base::steady_time::max();
  std::int64_t date_second_ = -1;
  std::string date_;

  std::deque<actors::frame> frames_; ///< To be pushed, a slice at a time.

  std::mutex mutex_; ///< Guards the two below.
  std::vector<actors::op_ptr> delivered_ops_;
  std::vector<actors::frame> delivered_frames_;
};

} // namespace intermute::transport
