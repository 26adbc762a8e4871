#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace intermute::domain {

/// Counts events per key in fixed windows of a minute: each begins with the key's first event and
/// is not prolonged by refused ones. Bounded: when too many keys are known, the one whose window
/// is the oldest is forgotten. One owner.
class rate_windows {
public:
  /// Counts one event of `key` at `now`.
  /// @param most      Events admitted per window.
  /// @param keys_max  Keys remembered; at least 1.
  /// @returns Nothing when it is admitted, else how long until the window ends, rounded up.
  [[nodiscard]] std::optional<std::chrono::seconds>
  count(const std::string& key, std::uint32_t most, std::size_t keys_max, base::steady_time now);

  /// True when no window of any key is open.
  [[nodiscard]] bool idle(base::steady_time now);

  [[nodiscard]] std::size_t size() const noexcept { return windows_.size(); }

  static constexpr std::chrono::seconds length{60};

private:
  struct window {
    base::steady_time began{};
    std::uint32_t events = 0;
  };
  void make_room(std::size_t keys_max, base::steady_time now);

  std::unordered_map<std::string, window> windows_;
};

} // namespace intermute::domain
