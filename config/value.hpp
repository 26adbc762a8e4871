#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace intermute::config {

enum class value_kind : std::uint8_t {
  text,     ///< Any string.
  names,    ///< A list of strings.
  choice,   ///< One of a few words.
  integer,  ///< A decimal number.
  size,     ///< Bytes: "65536", "64KiB", "1MiB", "1GiB".
  duration, ///< "500ms", "2s", "1m", "1h"; a bare number is milliseconds.
};

/// One value of any kind. The number is the integer, the bytes, the milliseconds or the index
/// of the chosen word.
using value = std::variant<std::uint64_t, std::string, std::vector<std::string>>;

/// What a value must obey.
struct value_rule {
  value_kind kind = value_kind::text;
  std::uint64_t min = 0; ///< Of the number, or of the length of a list. Unused for text.
  std::uint64_t max = 0;
  std::span<const std::string_view> choices; ///< For `choice` alone.
};

/// The value, or one sentence fragment that says what is wrong with it.
struct parsed_value {
  value is;
  std::string wrong; ///< Empty when `is` holds.
};

/// Reads `raw` and checks it against `rule`. A list is taken as it stands.
[[nodiscard]] parsed_value parse(const value_rule& rule, const std::string& raw);
[[nodiscard]] parsed_value parse(const value_rule& rule, const std::vector<std::string>& raw);

/// Cuts "a, b" at its commas, without the blanks around the parts; nothing for an empty text.
[[nodiscard]] std::vector<std::string> split_names(std::string_view text);

/// Writes a value the way `parse` reads it, with the largest unit that is exact.
[[nodiscard]] std::string render(const value_rule& rule, const value& x);

/// What a value may be, for humans: "1 to 64", "10ms to 1h", "asio, stealing".
[[nodiscard]] std::string bounds_text(const value_rule& rule);

} // namespace intermute::config
