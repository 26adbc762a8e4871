#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace intermute::transport::json {

/// How many bytes at the beginning of `text` are UTF-8 (RFC 3629): no overlong forms, no
/// surrogates, nothing beyond U+10FFFF.
[[nodiscard]] std::size_t utf8_length(std::string_view text) noexcept;

[[nodiscard]] inline bool is_utf8(std::string_view text) noexcept {
  return utf8_length(text) == text.size();
}

/// Replaces each `\uD800` to `\uDFFF` escape that is not half of a pair by `\uFFFD`, in place:
/// the length stays. Costs one search for a backslash when there is none.
void mend_surrogates(std::string& body);

} // namespace intermute::transport::json
