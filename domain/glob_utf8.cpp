#include "domain/glob_utf8.hpp"

namespace intermute::domain {
namespace {

/// What a first byte beyond ASCII says: how many bytes follow it, and the smallest character that
/// needs them.
struct form {
  std::size_t more;
  char32_t least;
  char32_t bits; ///< Of the character, in the first byte.
};

std::optional<form> form_of(unsigned char lead) noexcept {
  if (lead >= 0xC2 && lead < 0xE0)
    return form{1, 0x80, lead & 0x1FU};
  if (lead >= 0xE0 && lead < 0xF0)
    return form{2, 0x800, lead & 0xFU};
  if (lead >= 0xF0 && lead < 0xF5)
    return form{3, 0x1'0000, lead & 0x7U};
  return std::nullopt;
}

} // namespace

std::optional<char32_t> next_character(std::string_view text, std::size_t& at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  const auto found = form_of(lead);
  if (!found || text.size() - at <= found->more)
    return std::nullopt;
  auto character = found->bits;
  for (std::size_t i = 1; i <= found->more; ++i) {
    const auto byte = static_cast<unsigned char>(text[at + i]);
    if ((byte & 0xC0U) != 0x80U)
      return std::nullopt;
    character = character << 6U | (byte & 0x3FU);
  }
  const auto is_surrogate = character >= 0xD800 && character <= 0xDFFF;
  if (character < found->least || is_surrogate || character > 0x10FFFF)
    return std::nullopt;
  at += found->more + 1;
  return character;
}

void append_character(std::string& to, char32_t character) {
  const auto byte = [&](char32_t value) { to.push_back(static_cast<char>(value)); };
  const auto tail = [&](unsigned shift) { byte(0x80U | (character >> shift & 0x3FU)); };
  if (character < 0x80) {
    byte(character);
  } else if (character < 0x800) {
    byte(0xC0U | character >> 6U);
    tail(0);
  } else if (character < 0x1'0000) {
    byte(0xE0U | character >> 12U);
    tail(6);
    tail(0);
  } else {
    byte(0xF0U | character >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
}

} // namespace intermute::domain
