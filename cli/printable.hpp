#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace intermute::cli {

/// UTF-8 text for a terminal: no part of it can move the cursor, change colours, end the line or
/// turn the direction of writing. Such characters are shown as `\n`, `\x1b` or `\u202e`; bytes that
/// are no UTF-8 as `\xff`.
/// @param characters_max  Characters of `text` to show; "..." stands for the rest.
[[nodiscard]] std::string printable(std::string_view text,
                                    std::size_t characters_max = std::string_view::npos);

} // namespace intermute::cli
