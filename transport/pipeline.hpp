#pragma once

#include "actors/op.hpp"
#include "base/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace intermute::transport {

/// Names one request of one connection, for answers that come later.
struct exchange_ref {
  std::uint64_t connection = 0; ///< In the shard's map.
  std::uint64_t number = 0;     ///< Of the request, counted from 1.
};

/// One request and its answer, from the end of the request to the last byte handed to the socket.
struct exchange {
  enum class state : std::uint8_t {
    open,    ///< No answer yet.
    ready,   ///< `answer` waits for those before it.
    upgrade, ///< The connection becomes a WebSocket when its turn comes.
  };

  state is = state::open;
  bool head_only = false;
  bool keep_alive = true;
  bool http_1_0 = false;
  std::uint64_t number = 0;
  std::size_t route = 0; ///< Index of the route, for metrics.
  base::steady_time began{};
  base::steady_time deadline{};
  /// The op that was asked. Alive while the exchange is open: an op is answered before it dies,
  /// and its answer closes the exchange.
  const actors::op* asked = nullptr;
  std::uint64_t channel = 0; ///< The WebSocket that waits for its subscription, or 0.
  std::string path;
  std::string request_id; ///< The client's, if it sent one.
  std::string answer;
};

/// The requests of one connection that are not answered yet, in their order. A ring that grows
/// to the bound; its exchanges are reused, so that their texts keep their memory.
class pipeline {
public:
  /// @param bound  At least 1.
  explicit pipeline(std::size_t bound) : bound_(bound) {}

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool full() const noexcept { return size_ >= bound_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// A new open exchange at the end. Only when not full. Moves the others: no reference stays.
  exchange& push();

  [[nodiscard]] exchange& front() noexcept { return at(first_); }
  [[nodiscard]] const exchange& front() const noexcept { return ring_[first_ % ring_.size()]; }
  [[nodiscard]] exchange& back() noexcept { return at(first_ + size_ - 1); }

  /// The open exchange of that number, if it is still there.
  [[nodiscard]] exchange* find_open(std::uint64_t number) noexcept;

  void pop() noexcept {
    ++first_;
    --size_;
  }

  /// Gives memory back when there is much of it; only when empty.
  void shrink();

private:
  [[nodiscard]] exchange& at(std::uint64_t number) noexcept { return ring_[number % ring_.size()]; }
  void grow();

  std::size_t bound_;
  std::vector<exchange> ring_;
  std::uint64_t first_ = 1;
  std::size_t size_ = 0;
};

} // namespace intermute::transport
