#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>

namespace intermute::domain {

/// How a supervisor restarts a child: Erlang/OTP's restart intensity, with back-off.
struct restart_limits {
  std::uint32_t restarts_max = 5;           ///< Crashes within `window` that are forgiven.
  std::chrono::milliseconds window{10'000}; ///< Older crashes are forgotten.
  std::chrono::milliseconds pause_min{50};  ///< Before the first restart; doubled each time.
  std::chrono::milliseconds pause_max{5'000};
};

/// The crash record of one child. Pure; one owner.
class restart_record {
public:
  /// Notes a crash at `now`.
  /// @returns How long to wait before the restart; nothing when the intensity limit is passed,
  ///          in which case the child is to be given up.
  [[nodiscard]] std::optional<std::chrono::milliseconds> crashed(const restart_limits& limits,
                                                                 base::steady_time now);

  /// Crashes remembered.
  [[nodiscard]] std::size_t recent() const noexcept { return crashes_.size(); }

private:
  std::deque<base::steady_time> crashes_;
};

} // namespace intermute::domain
