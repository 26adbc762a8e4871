#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace intermute::base {

/// Time for decisions: leases, deadlines, back-off. Never jumps.
using steady_time = std::chrono::steady_clock::time_point;

/// Time for people and for the store: UTC, integer nanoseconds since 1970. May jump.
using wall_time = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Where time comes from. Injected everywhere; tests step their own. Safe from any thread.
class clock {
public:
  virtual ~clock() = default;
  [[nodiscard]] virtual steady_time steady() const = 0;
  [[nodiscard]] virtual wall_time wall() const = 0;
};

/// The clock of the machine; lives as long as the process.
[[nodiscard]] const clock& system_clock() noexcept;

/// RFC 3339 in UTC with up to nine fractional digits, trailing zeros trimmed:
/// `2026-11-22T13:40:49.05228893Z`. Years 1678 to 2261, what 64 bits of nanoseconds hold.
[[nodiscard]] std::string rfc3339(wall_time at);

/// RFC 3339 in UTC, whole seconds (cut, not rounded): `2026-11-22T13:38:44Z`.
[[nodiscard]] std::string rfc3339_seconds(wall_time at);

/// The instant as integer nanoseconds since 1970, the form the store keeps.
[[nodiscard]] constexpr std::int64_t to_nanoseconds(wall_time at) noexcept {
  return at.time_since_epoch().count();
}

/// The instant of `ns` nanoseconds since 1970.
[[nodiscard]] constexpr wall_time from_nanoseconds(std::int64_t ns) noexcept {
  return wall_time{std::chrono::nanoseconds{ns}};
}

} // namespace intermute::base
