#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace intermute::domain {

/// Why a reservation ended. The numbers are stored.
enum class release_reason : std::uint8_t {
  released = 1, ///< By its owner.
  expired = 2,
  retired = 3, ///< Its owner was retired.
};

/// The wire's word for `reason`, e.g. `expired`.
[[nodiscard]] std::string_view to_string(release_reason reason) noexcept;

/// A lease on the paths that a pattern matches, as it is stored.
struct reservation {
  std::string id;
  std::string agent_id; ///< The owner; need not be registered.
  std::string project;
  std::string path_pattern; ///< As the client wrote it.
  bool exclusive = false;
  std::string reason;
  base::wall_time created_at{};
  base::wall_time expires_at{};
  std::optional<base::wall_time> released_at; ///< Set once it has ended, for whatever reason.
  std::optional<release_reason> ended;        ///< With `released_at`.

  /// True while it keeps others out.
  [[nodiscard]] bool is_active(base::wall_time now) const noexcept {
    return !released_at && now < expires_at;
  }
};

/// How long a reservation lives.
struct lease_time {
  std::chrono::minutes length{};
  bool capped = false; ///< More was asked for than may be had.
};
inline constexpr std::chrono::minutes lease_default{30};
inline constexpr std::chrono::minutes lease_max{24 * 60};

/// The lease for `ttl_minutes` as asked: 30 minutes when it is 0 or less, at most 24 hours.
[[nodiscard]] lease_time lease_of(std::int64_t ttl_minutes) noexcept;

} // namespace intermute::domain
