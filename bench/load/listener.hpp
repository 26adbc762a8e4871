#pragma once

#include "bench/load/request_plan.hpp"
#include "bench/load/send_times.hpp"
#include "bench/load/tally.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace intermute::bench {

/// What the sockets of one thread heard together.
struct hearing {
  window measured;
  std::uint64_t in_window = 0;
  histogram latency_ns;
  violations broken;
};

/// One WebSocket that hears of messages.
class listener {
public:
  listener(boost::asio::io_context& io, const request_plan& plan, send_times& times, hearing& into);

  /// Connects and blocks until the server has agreed.
  /// @param inbox        Of the plan's first project.
  /// @param tiny_buffer  For one that never reads: so that it is full soon.
  /// @throws boost::system::system_error
  void connect(const boost::asio::ip::tcp::endpoint& server, std::size_t inbox, bool tiny_buffer);
  /// Takes events until the socket is closed or its thread ends.
  void hear();

  /// How many of this run's messages were pushed. From any thread.
  [[nodiscard]] std::uint64_t heard() const noexcept {
    return heard_.load(std::memory_order_acquire);
  }

private:
  void take(std::string_view event);

  const request_plan& plan_;
  send_times& times_;
  hearing& into_;
  boost::beast::websocket::stream<boost::asio::ip::tcp::socket, false> socket_;
  boost::beast::flat_buffer buffer_;
  std::vector<std::uint64_t> next_; ///< By connection: the lowest number that may come.
  std::atomic<std::uint64_t> heard_{0};
};

} // namespace intermute::bench
