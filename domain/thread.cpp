#include "domain/thread.hpp"

namespace intermute::domain {

std::string_view preview_of(std::string_view body) noexcept {
  if (body.size() <= preview_bytes)
    return body;
  auto end = preview_bytes;
  const auto continues
    = [&](std::size_t at) { return (static_cast<unsigned char>(body[at]) & 0xC0U) == 0x80U; };
  while (end > 0 && continues(end)) // Ends: a character has at most four bytes.
    --end;
  return body.substr(0, end);
}

} // namespace intermute::domain
