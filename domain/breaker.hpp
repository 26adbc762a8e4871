#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <string_view>

namespace intermute::domain {

/// When a circuit breaker opens and how long it stays open.
struct breaker_limits {
  std::uint32_t failures_max = 5;             ///< Consecutive storage faults that open it; >= 1.
  std::chrono::milliseconds open_min{1'000};  ///< First open time; doubled by every failed probe.
  std::chrono::milliseconds open_max{30'000}; ///< Upper bound of the open time.
};

enum class breaker_state : std::uint8_t { closed, open, half_open };

/// The wire's word for `state`: `closed`, `open`, `half_open`.
[[nodiscard]] std::string_view to_string(breaker_state state) noexcept;

/// A circuit breaker (Nygard, *Release It!*): a pure state machine, one owner, no clock.
///
/// It counts storage faults only; the caller filters. While open nothing is admitted; after the
/// open time exactly one probe is, and its outcome, whatever it is, moves the state.
class breaker {
public:
  explicit breaker(breaker_limits limits) : limits_(limits) {}

  /// True if work may begin at `now`. In the half-open state only the first caller is admitted.
  [[nodiscard]] bool admit(base::steady_time now);

  /// Work that had been admitted went well: closes, forgets all failures.
  void succeeded();

  /// A storage fault at `now`. Opens from half-open at once, from closed at the limit.
  void failed(base::steady_time now);

  [[nodiscard]] breaker_state state() const noexcept { return state_; }

  /// When the next probe is admitted; only meaningful while open.
  [[nodiscard]] base::steady_time probe_at() const noexcept { return probe_at_; }

  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }

private:
  breaker_limits limits_;
  breaker_state state_ = breaker_state::closed;
  std::uint32_t failures_ = 0;
  std::uint32_t openings_ = 0; ///< Since it was last closed.
  base::steady_time probe_at_{};
};

} // namespace intermute::domain
