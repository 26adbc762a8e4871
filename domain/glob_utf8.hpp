#pragma once

// A part of the glob engine; only `glob*.cpp` include it.

#include <optional>
#include <string>
#include <string_view>

namespace intermute::domain {

/// The character that begins at `at`, which is moved behind it. Nothing if there is no valid one
/// (too long a form, a surrogate and the like included); then `at` stays.
[[nodiscard]] std::optional<char32_t> next_character(std::string_view text,
                                                     std::size_t& at) noexcept;

/// Appends `character` as UTF-8.
void append_character(std::string& to, char32_t character);

} // namespace intermute::domain
