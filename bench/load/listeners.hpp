#pragma once

#include "bench/load/driver.hpp"
#include "bench/load/ledger.hpp"
#include "bench/load/listener.hpp"
#include "bench/load/send_times.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

namespace intermute::bench {

/// The WebSockets of a `ws-fanout` run, on a thread of their own: all on one inbox, or one on each.
class listeners {
public:
  /// Connects all, and those that never read.
  /// @throws boost::system::system_error  When the server does not take one.
  listeners(const request_plan& plan, const boost::asio::ip::tcp::endpoint& server);
  ~listeners();

  [[nodiscard]] send_times& times() noexcept { return times_; }

  /// Begins to hear; before the first message is sent.
  void start(const window& measured);
  /// Waits until every socket has what it must have, or `limit` has passed; compares.
  void conclude(const std::vector<const ledger*>& sent, bench_clock::duration limit,
                run_result& result);

private:
  struct expected {
    std::uint64_t least = 0; ///< Accepted for the socket's inbox.
    std::uint64_t most = 0;  ///< With those in doubt.
  };
  [[nodiscard]] std::vector<expected> wanted(const std::vector<const ledger*>& sent) const;

  const request_plan& plan_;
  send_times times_;
  boost::asio::io_context io_{1};
  hearing heard_;
  std::deque<listener> sockets_; // It does not move its elements.
  std::deque<listener> stuck_;
  std::jthread thread_;
};

} // namespace intermute::bench
