#pragma once

#include "bench/load/connection.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

namespace intermute::bench {

/// The connections of one run and the io threads they live on.
class crew {
public:
  /// Connects all of them, one after the other.
  /// @throws boost::system::system_error  When the server cannot be reached.
  crew(const shared_books& shared, const boost::asio::ip::tcp::endpoint& server);

  /// Sets everybody to work; call once.
  /// @param answer_limit  A request without answer for this long is counted and given up.
  void start(const window& measured, bench_clock::duration answer_limit);

  /// Tells from any thread whether a connection is still at work.
  [[nodiscard]] bool is_running() const noexcept { return running_ > 0; }
  /// Takes the latencies since the last call. From any thread.
  void take_recent(histogram& into);

  /// Blocks until all have finished. The functions below are for afterwards.
  void join() { threads_.clear(); }

  [[nodiscard]] const std::deque<shard>& shards() const noexcept { return shards_; }

  /// Returns one ledger per connection, in their order; valid as long as the crew. Null for those
  /// that send no messages.
  [[nodiscard]] std::vector<const ledger*> ledgers() const;

private:
  void run_shard(std::size_t index, bench_clock::duration answer_limit);
  void look_for_missing(std::size_t index, bench_clock::duration answer_limit);

  std::deque<shard>
    shards_; // Neither deque moves its elements when it grows: they are referred to.
  std::deque<connection> connections_;
  std::atomic<std::size_t> running_{0};
  std::vector<std::jthread> threads_; ///< Last member: joined before the rest goes.
};

} // namespace intermute::bench
