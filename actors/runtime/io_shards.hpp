#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace intermute::actors {

/// The io threads: each runs one `io_context` of its own, on which sockets and actors live
/// together, so that a request and its answer need no lock and no wake-up between them.
class io_shards {
public:
  /// @param count  Threads; at least 1.
  explicit io_shards(std::size_t count);
  ~io_shards();

  io_shards(const io_shards&) = delete;
  io_shards& operator=(const io_shards&) = delete;

  /// Starts the threads.
  void start();

  /// Stops and joins the threads; work that has not begun is dropped. Idempotent.
  void stop();

  [[nodiscard]] std::size_t size() const noexcept { return shards_.size(); }
  [[nodiscard]] boost::asio::io_context& context(std::size_t index) noexcept {
    return shards_[index]->context;
  }

  /// The shard whose thread this is, if it is one of ours.
  [[nodiscard]] std::optional<std::size_t> current() const noexcept;

  /// The calling thread's shard, else the next in turn.
  [[nodiscard]] boost::asio::io_context& nearest() noexcept;

private:
  struct shard {
    boost::asio::io_context context{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> alive{
      context.get_executor()};
    std::thread thread;
  };

  std::vector<std::unique_ptr<shard>> shards_;
  std::atomic<std::size_t> turn_{0};
};

} // namespace intermute::actors
