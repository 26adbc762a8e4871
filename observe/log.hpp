#pragma once

#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <string_view>

namespace intermute::observe {

using logger = std::shared_ptr<spdlog::logger>;

/// A logger to standard error: one event per line, `event key=value ...` as text, or one JSON
/// object per line. Safe from any thread.
/// @param level  `trace`, `debug`, `info`, `warn`, `error` or `off`.
/// @param json   True for one JSON object per line.
[[nodiscard]] logger make_logger(const std::string& level, bool json);

/// A logger that says nothing, for tests.
[[nodiscard]] logger silent_logger();

/// `text` as the value of a log field: quoted when it is not one plain word.
[[nodiscard]] std::string field(std::string_view text);

} // namespace intermute::observe
