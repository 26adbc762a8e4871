#include "actors/runtime/io_shards.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

/// Which pool and shard the calling thread belongs to.
thread_local const io_shards* current_pool = nullptr;
thread_local std::size_t current_shard = 0;

} // namespace

io_shards::io_shards(std::size_t count) {
  for (std::size_t i = 0; i < std::max<std::size_t>(1, count); ++i)
    shards_.push_back(std::make_unique<shard>());
}

io_shards::~io_shards() { stop(); }

void io_shards::start() {
  for (std::size_t i = 0; i < shards_.size(); ++i)
    shards_[i]->thread = std::thread([this, i] {
      current_pool = this;
      current_shard = i;
      shards_[i]->context.run();
      current_pool = nullptr;
    });
}

void io_shards::stop() {
  for (auto& one : shards_) {
    one->alive.reset();
    one->context.stop();
  }
  for (auto& one : shards_)
    if (one->thread.joinable())
      one->thread.join();
}

std::optional<std::size_t> io_shards::current() const noexcept {
  if (current_pool != this)
    return std::nullopt;
  return current_shard;
}

boost::asio::io_context& io_shards::nearest() noexcept {
  const auto mine = current();
  return shards_[mine ? *mine : turn_.fetch_add(1, std::memory_order_relaxed) % shards_.size()]
    ->context;
}

} // namespace intermute::actors
