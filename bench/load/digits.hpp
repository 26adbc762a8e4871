#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace intermute::bench {

/// How many digits the number of a message has in its id.
inline constexpr std::size_t number_digits = 12;

/// Writes `value` with leading zeros over the `width` characters at `at`.
inline void put_digits(char* at, std::size_t width, std::uint64_t value) noexcept {
  for (std::size_t i = width; i > 0; --i) {
    at[i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

/// Returns `value` with leading zeros, `width` characters long.
[[nodiscard]] inline std::string digits(std::size_t width, std::uint64_t value) {
  std::string text(width, '0');
  put_digits(text.data(), width, value);
  return text;
}

} // namespace intermute::bench
