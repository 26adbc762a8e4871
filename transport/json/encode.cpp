#include "transport/json/encode.hpp"

#include <cstring>

namespace intermute::transport::json {
namespace {

/// What stands behind the backslash for each byte; 0 for plain ones, `u` for `\u00XX`.
constexpr auto escapes = [] {
  std::array<char, 256> table{};
  for (std::size_t c = 0; c < 0x20; ++c)
    table[c] = 'u';
  table['"'] = '"';
  table['\\'] = '\\';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  return table;
}();

char escape_of(char c) noexcept { return escapes[static_cast<unsigned char>(c)]; }

/// True if one of eight bytes needs an escape ("Bit Twiddling Hacks": haszero, hasless).
bool has_special(std::uint64_t eight) noexcept {
  constexpr std::uint64_t ones = 0x0101010101010101U;
  constexpr std::uint64_t high = 0x8080808080808080U;
  const auto quote = eight ^ (ones * '"');
  const auto slash = eight ^ (ones * '\\');
  const auto control = (eight - ones * 0x20) & ~eight;
  return (((quote - ones) & ~quote) | ((slash - ones) & ~slash) | control) & high;
}

/// The first byte of `[at, end)` that needs an escape, else `end`.
const char* skip_plain(const char* at, const char* end) noexcept {
  while (end - at >= 8) { // Ends: each round takes eight bytes.
    std::uint64_t eight = 0;
    std::memcpy(&eight, at, sizeof eight);
    if (has_special(eight))
      break;
    at += 8;
  }
  while (at != end && escape_of(*at) == 0) // Ends: each round takes a byte.
    ++at;
  return at;
}

void append_escape(std::string& to, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  to.push_back('\\');
  to.push_back(escape_of(c));
  if (escape_of(c) == 'u') {
    to += "00";
    to.push_back(hex[byte >> 4U]);
    to.push_back(hex[byte & 0xFU]);
  }
}

char* put_two(char* at, unsigned value) noexcept {
  *at++ = static_cast<char>('0' + value / 10);
  *at++ = static_cast<char>('0' + value % 10);
  return at;
}

/// Writes `"YYYY-MM-DDTHH:MM:SS` and returns where to go on; `rest` gets the nanoseconds left.
char* put_seconds(char* to, base::wall_time at, std::uint32_t& rest) noexcept {
  using namespace std::chrono;
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const auto of_day = static_cast<std::uint64_t>((at - day).count());
  const auto second = static_cast<unsigned>(of_day / 1'000'000'000U);
  const auto year = static_cast<unsigned>(static_cast<int>(date.year()));
  rest = static_cast<std::uint32_t>(of_day % 1'000'000'000U);
  *to++ = '"';
  to = put_two(to, year / 100 % 100);
  to = put_two(to, year % 100);
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_two(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  to = put_two(to, second / 3600);
  *to++ = ':';
  to = put_two(to, second / 60 % 60);
  *to++ = ':';
  return put_two(to, second % 60);
}

void append_quoted_time(std::string& to, std::array<char, 40>& text, char* end) {
  *end++ = 'Z';
  *end++ = '"';
  to.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

} // namespace

void append_string(std::string& to, std::string_view text) {
  to.push_back('"');
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) { // Ends: each round passes at least one byte.
    const char* const special = skip_plain(at, end);
    to.append(at, static_cast<std::size_t>(special - at));
    if (special == end)
      break;
    append_escape(to, *special);
    at = special + 1;
  }
  to.push_back('"');
}

void append_time(std::string& to, base::wall_time at) {
  std::array<char, 40> text{};
  std::uint32_t rest = 0;
  char* end = put_seconds(text.data(), at, rest);
  if (rest != 0) {
    *end = '.';
    unsigned digits = 9;
    while (rest % 10 == 0) { // Ends: one of the nine digits is not zero.
      rest /= 10;
      --digits;
    }
    for (unsigned i = digits; i >= 1; --i) {
      end[i] = static_cast<char>('0' + rest % 10);
      rest /= 10;
    }
    end += digits + 1;
  }
  append_quoted_time(to, text, end);
}

void append_seconds(std::string& to, base::wall_time at) {
  std::array<char, 40> text{};
  std::uint32_t rest = 0;
  append_quoted_time(to, text, put_seconds(text.data(), at, rest));
}

} // namespace intermute::transport::json
