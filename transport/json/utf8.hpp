#pragma once

#include <string>
#include <string_view>

namespace intermute::transport::json {

/// True if `text` is UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// Replaces each `\uD800` to `\uDFFF` escape that is not half of a pair by `\uFFFD`, in place:
/// the length stays. Costs one search for a backslash when there is none.
void mend_surrogates(std::string& body);

} // namespace intermute::transport::json
