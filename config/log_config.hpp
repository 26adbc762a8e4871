#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace intermute::config {

enum class log_level : std::uint8_t { trace, debug, info, warn, error };
enum class log_format : std::uint8_t { text, json };

/// The names of `log_level`, in its order.
inline constexpr std::array<std::string_view, 5> log_level_names{"trace", "debug", "info", "warn",
                                                                 "error"};

/// The names of `log_format`, in its order.
inline constexpr std::array<std::string_view, 2> log_format_names{"text", "json"};

/// What is logged, and how a line looks.
/// `docs/config.md` has one row per member, in this order.
struct log_config {
  log_level level = log_level::info;    ///< Lines below it are dropped. Live.
  log_format format = log_format::text; ///< `event key=value`, or one object a line. Restart.
};

} // namespace intermute::config
