#include "cli/printable.hpp"

#include <cstdint>

namespace intermute::cli {
namespace {

constexpr std::string_view hex = "0123456789abcdef";

/// One character at the beginning of a text.
struct character {
  std::size_t bytes = 1;
  std::uint32_t code = 0;
  bool is_utf8 = false;
};

std::uint8_t byte_at(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(text[at]);
}

/// RFC 3629: at most four bytes, no surrogates, nothing longer than needed. `text` is not empty.
character first_of(std::string_view text) {
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = byte_at(text, 0);
  if (lead < 0x80U)
    return {1, lead, true};
  const std::size_t bytes = lead >= 0xF0U ? 4 : lead >= 0xE0U ? 3 : 2;
  if (lead < 0xC2U || lead > 0xF4U || text.size() < bytes)
    return {1, lead, false};
  std::uint32_t code = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80U)
      return {1, lead, false};
    code = code << 6U | (byte_at(text, i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least[bytes] || code > 0x10FFFF || surrogate)
    return {1, lead, false};
  return {bytes, code, true};
}

/// C0, DEL, C1, line and paragraph ends, and what turns the direction of writing.
bool is_harmful(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C
         || (code >= 0x200E && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E)
         || (code >= 0x2066 && code <= 0x2069);
}

std::string escape(const character& one) {
  if (one.code == '\n')
    return "\\n";
  if (one.code == '\t')
    return "\\t";
  if (one.code == '\r')
    return "\\r";
  std::string text{one.code < 0x80 || !one.is_utf8 ? "\\x" : "\\u"};
  for (unsigned shift = text == "\\x" ? 8 : 16; shift > 0; shift -= 4)
    text.push_back(hex[one.code >> (shift - 4) & 0xFU]);
  return text;
}

} // namespace

std::string printable(std::string_view text, std::size_t characters_max) {
  std::string result;
  for (std::size_t shown = 0; !text.empty(); ++shown) { // Ends: every round shortens the text.
    if (shown == characters_max)
      return result + "...";
    const auto one = first_of(text);
    if (one.is_utf8 && !is_harmful(one.code))
      result += text.substr(0, one.bytes);
    else
      result += escape(one);
    text.remove_prefix(one.bytes);
  }
  return result;
}

} // namespace intermute::cli
