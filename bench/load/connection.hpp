#pragma once

#include "bench/load/requester.hpp"
#include "bench/load/response_reader.hpp"
#include "bench/load/shard.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace intermute::bench {

/// One keep-alive connection with one request under way at most. In closed loop the next goes out
/// when the answer is in; in open loop when one is due, and its time counts from then.
///
/// Runs on the thread of its shard alone, except `connect()`, which comes before that thread.
/// A connection that breaks is counted and made anew; its request stays in doubt.
class connection {
public:
  connection(shard& home, std::unique_ptr<requester> asks, boost::asio::ip::tcp::endpoint server);

  /// Connects and blocks until it is done.
  /// @throws boost::system::system_error  When the server cannot be reached.
  void connect();

  /// Starts the loop; it ends by itself when the shard gives no more turns.
  void start();

  /// Takes the next request that is due, waits for one, or ends.
  void proceed();

  /// Counts an answer that has been due for longer than `limit` as missing and drops the socket.
  void give_up_after(bench_clock::time_point now, bench_clock::duration limit);

  [[nodiscard]] const ledger* sent_messages() const noexcept { return asks_->sent(); }

private:
  using error_code = boost::system::error_code;

  void send(bench_clock::time_point due);
  void write_rest(std::size_t written);
  void read_more();
  void on_read(error_code failure, std::size_t bytes);
  void answered();
  void lost(const std::string& reason);
  void reconnect_later();
  void reconnect();
  void finish();

  shard& home_;
  std::unique_ptr<requester> asks_;
  boost::asio::ip::tcp::endpoint server_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  response response_;
  std::optional<response_reader> reader_;
  ready_request current_;
  bench_clock::time_point due_{};  ///< When the request under way was due.
  bench_clock::time_point sent_{}; ///< When it was sent.
  bool waiting_ = false;           ///< An answer is due.
  bool finished_ = false;
  std::size_t failures_in_row_ = 0;
};

} // namespace intermute::bench
