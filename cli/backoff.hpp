#pragma once

#include "base/ids.hpp"

#include <algorithm>
#include <chrono>

namespace intermute::cli {

/// How long to wait before the next attempt: 1 s, doubled each time up to 30 s, and a fifth more or
/// less, so that many clients do not come back at once.
class backoff {
public:
  explicit backoff(base::entropy& random) : random_(random) {}

  [[nodiscard]] std::chrono::milliseconds next() {
    const auto wait = pause_;
    pause_ = std::min(pause_ * 2, pause_max);
    const auto fifth = static_cast<std::uint64_t>(wait.count()) / 5;
    const auto off = static_cast<std::int64_t>(random_.number() % (2 * fifth + 1));
    return wait + std::chrono::milliseconds{off - static_cast<std::int64_t>(fifth)};
  }

  /// To be called after an attempt that worked.
  void reset() { pause_ = pause_min; }

private:
  static constexpr std::chrono::milliseconds pause_min{1'000};
  static constexpr std::chrono::milliseconds pause_max{30'000};

  base::entropy& random_;
  std::chrono::milliseconds pause_ = pause_min;
};

} // namespace intermute::cli
