#include "transport/json/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace intermute::transport::json {
namespace {

/// What may follow a lead byte: how many bytes, and the range of the first of them.
struct lead_rule {
  std::size_t more;
  unsigned char low;
  unsigned char high;
};

lead_rule rule_of(unsigned char lead) noexcept {
  if (lead >= 0xC2U && lead <= 0xDFU)
    return {1, 0x80U, 0xBFU};
  if (lead == 0xE0U)
    return {2, 0xA0U, 0xBFU};
  if (lead == 0xEDU)
    return {2, 0x80U, 0x9FU};
  if (lead >= 0xE1U && lead <= 0xEFU)
    return {2, 0x80U, 0xBFU};
  if (lead == 0xF0U)
    return {3, 0x90U, 0xBFU};
  if (lead >= 0xF1U && lead <= 0xF3U)
    return {3, 0x80U, 0xBFU};
  if (lead == 0xF4U)
    return {3, 0x80U, 0x8FU};
  return {0, 0, 0};
}

bool is_sequence(std::string_view text, const lead_rule& rule) noexcept {
  if (rule.more == 0 || text.size() <= rule.more)
    return false;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(1) < rule.low || byte(1) > rule.high)
    return false;
  for (std::size_t i = 2; i <= rule.more; ++i)
    if ((byte(i) & 0xC0U) != 0x80U)
      return false;
  return true;
}

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The UTF-16 unit of the escape `\uXXXX` at `at`; -1 if there is none.
int unit_at(const std::string& text, std::size_t at) noexcept {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
    return -1;
  int unit = 0;
  for (std::size_t i = at + 2; i < at + 6; ++i) {
    const int digit = hex_value(text[i]);
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool is_high(int unit) noexcept { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(int unit) noexcept { return unit >= 0xDC00 && unit <= 0xDFFF; }

} // namespace

std::size_t utf8_length(std::string_view text) noexcept {
  const auto size = text.size();
  while (!text.empty()) { // Ends: each round takes at least one byte.
    std::uint64_t eight = 0;
    if (text.size() >= sizeof eight) {
      std::memcpy(&eight, text.data(), sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        text.remove_prefix(sizeof eight);
        continue;
      }
    }
    const auto lead = static_cast<unsigned char>(text.front());
    if (lead < 0x80U) {
      text.remove_prefix(1);
      continue;
    }
    const auto rule = rule_of(lead);
    if (!is_sequence(text, rule))
      break;
    text.remove_prefix(rule.more + 1);
  }
  return size - text.size();
}

void mend_surrogates(std::string& body) {
  auto at = body.find('\\');
  while (at != std::string::npos) { // Ends: each round goes at least two bytes on.
    const int unit = unit_at(body, at);
    std::size_t length = unit >= 0 ? 6 : 2;
    if (is_high(unit) && is_low(unit_at(body, at + 6)))
      length = 12;
    else if (is_high(unit) || is_low(unit))
      body.replace(at + 2, 4, "fffd");
    at = at + length < body.size() ? body.find('\\', at + length) : std::string::npos;
  }
}

} // namespace intermute::transport::json
