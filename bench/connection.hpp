#pragma once

#include "bench/ledger.hpp"
#include "bench/request_plan.hpp"
#include "bench/response_reader.hpp"
#include "bench/tally.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace intermute::bench {

/// What the connections of one io thread share.
struct shard {
  boost::asio::io_context io{1};
  boost::asio::steady_timer look{io}; ///< Of the search for missing answers.
  window measured;
  tally counted{measured};
  bool by_count = false; ///< Stop after `left` more requests instead of at the window's end.
  std::uint64_t left = 0;
  std::size_t active = 0; ///< Connections that have not finished.

  /// Takes one request from what this thread may still send; false ends a connection.
  [[nodiscard]] bool take_turn(bench_clock::time_point now) {
    if (!by_count)
      return now < measured.end;
    if (left == 0)
      return false;
    --left;
    return true;
  }
};

/// One keep-alive connection in closed loop: the next request goes out when the answer is in.
///
/// Runs on the thread of its shard alone, except `connect()`, which comes before that thread.
/// A connection that breaks is counted and made anew; its request stays in doubt.
class connection {
public:
  connection(shard& home, const request_plan& plan, std::size_t index,
             boost::asio::ip::tcp::endpoint server);

  /// Connects and blocks until it is done.
  /// @throws boost::system::system_error  When the server cannot be reached.
  void connect();

  /// Starts the loop; it ends by itself when the shard gives no more turns.
  void start();

  /// Counts an answer that has been due for longer than `limit` as missing and drops the socket.
  void give_up_after(bench_clock::time_point now, bench_clock::duration limit);

  [[nodiscard]] const ledger& sent_messages() const noexcept { return ledger_; }

private:
  using error_code = boost::system::error_code;

  void send_next();
  void write_rest(std::size_t written);
  void read_more();
  void on_read(error_code failure, std::size_t bytes);
  void answered();
  void note_message();
  void lost(const std::string& reason);
  void reconnect_later();
  void finish();

  shard& home_;
  const request_plan& plan_;
  request_maker maker_;
  ledger ledger_;
  boost::asio::ip::tcp::endpoint server_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer pause_;
  boost::beast::flat_buffer buffer_;
  response response_;
  std::optional<response_reader> reader_;
  ready_request current_;
  bench_clock::time_point started_{};
  bool waiting_ = false; ///< An answer is due.
  std::size_t failures_in_row_ = 0;
};

} // namespace intermute::bench
