#pragma once

#include <string>
#include <string_view>

namespace intermute::base {

/// `text` without leading and trailing white space (Unicode White_Space, as Go's TrimSpace).
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// `text` with A to Z made lower case; bytes outside ASCII stay as they are.
[[nodiscard]] std::string lowered(std::string_view text);

/// `text` in double quotes, escaped as Go's `%q` does for ASCII but for rare controls, which
/// become `\x` and two digits. Bytes outside ASCII stay as they are.
[[nodiscard]] std::string quoted(std::string_view text);

} // namespace intermute::base
