#include "base/text.hpp"

#include <algorithm>
#include <array>

namespace intermute::base {
namespace {

/// The UTF-8 forms of Unicode's White_Space property.
constexpr std::array<std::string_view, 25> spaces{
  " ",      "\t",     "\n",     "\v",     "\f",     "\r",     "\u0085", "\u00a0", "\u1680",
  "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008",
  "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

/// True if no form of a space begins or ends with `c`.
constexpr bool is_no_space(char c) noexcept { return c > ' ' && c <= '~'; }

} // namespace

std::string_view trimmed(std::string_view text) noexcept {
  // Nearly always there is nothing to trim, and names are trimmed for every request.
  if (text.empty() || (is_no_space(text.front()) && is_no_space(text.back())))
    return text;
  const auto leads = [&](std::string_view s) { return text.starts_with(s); };
  const auto trails = [&](std::string_view s) { return text.ends_with(s); };
  for (;;) { // Ends: every round shortens the text.
    const auto found = std::find_if(spaces.begin(), spaces.end(), leads);
    if (found == spaces.end())
      break;
    text.remove_prefix(found->size());
  }
  for (;;) { // Ends: every round shortens the text.
    const auto found = std::find_if(spaces.begin(), spaces.end(), trails);
    if (found == spaces.end())
      return text;
    text.remove_suffix(found->size());
  }
}

std::string lowered(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return result;
}

std::string quoted(std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::string result{'"'};
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20U || byte == 0x7fU) {
      result += "\\x";
      result += {hex[byte >> 4U], hex[byte & 0xFU]};
    } else {
      result.push_back(c);
    }
  }
  result.push_back('"');
  return result;
}

} // namespace intermute::base
