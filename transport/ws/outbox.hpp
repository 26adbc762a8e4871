#pragma once

#include "actors/subscription.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>

namespace intermute::transport::ws {

/// The events one WebSocket has not sent yet, bounded in number and bytes.
class outbox {
public:
  outbox(std::size_t events_max, std::uint64_t bytes_max)
    : events_max_(events_max), bytes_max_(bytes_max) {}

  /// @returns False if `next` does not fit: close, and let the client come back with its cursor.
  ///          Dropping one frame would be a lie.
  [[nodiscard]] bool push(actors::frame next) {
    const auto size = next.payload->size();
    if (frames_.size() >= events_max_ || size > bytes_max_ - bytes_)
      return false;
    bytes_ += size;
    frames_.push_back(std::move(next));
    return true;
  }

  [[nodiscard]] bool empty() const noexcept { return frames_.empty(); }
  [[nodiscard]] const actors::frame& front() const noexcept { return frames_.front(); }
  void pop() {
    bytes_ -= frames_.front().payload->size();
    frames_.pop_front();
  }

  /// Forgets all but the first, which is on its way.
  void keep_first() {
    while (frames_.size() > 1) { // Ends: each round takes one away.
      bytes_ -= frames_.back().payload->size();
      frames_.pop_back();
    }
  }

private:
  std::size_t events_max_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  std::deque<actors::frame> frames_;
};

} // namespace intermute::transport::ws
