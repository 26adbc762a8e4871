#include "transport/wire/projects.hpp"

#include "transport/json/utf8.hpp"

namespace intermute::transport::wire {
namespace {

constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Stands before what a cursor hides, so that the cursor behind the empty name is not empty.
constexpr char mark = 'p';

/// The bytes of a base64 text; nothing if it has a foreign character.
std::optional<std::string> decoded(std::string_view text) {
  std::string bytes;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : text) {
    const auto value = alphabet.find(c);
    if (value == std::string_view::npos)
      return std::nullopt;
    pending = (pending << 6U | static_cast<std::uint32_t>(value)) & 0xFFFFU;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(static_cast<char>(pending >> bits & 0xFFU));
    }
  }
  return bytes;
}

} // namespace

std::string opaque_cursor(std::string_view last) {
  const auto bytes = mark + std::string{last};
  std::string text;
  std::uint32_t pending = 0;
  unsigned bits = 0;
  for (const char c : bytes) {
    pending = (pending << 8U | static_cast<unsigned char>(c)) & 0xFFFFU;
    for (bits += 8; bits >= 6; bits -= 6) // Ends: at most 13 bits wait.
      text.push_back(alphabet[pending >> (bits - 6) & 0x3FU]);
  }
  if (bits > 0)
    text.push_back(alphabet[pending << (6 - bits) & 0x3FU]);
  return text;
}

std::optional<std::string> behind_cursor(std::string_view opaque) {
  auto bytes = decoded(opaque);
  if (!bytes || !bytes->starts_with(mark) || !json::is_utf8(*bytes))
    return std::nullopt;
  auto name = bytes->substr(1);
  if (opaque_cursor(name) != opaque) // Bits left over that are not zero.
    return std::nullopt;
  return name;
}

void append_projects(std::string& to, const actors::list_projects& asked,
                     const actors::project_list& page) {
  to += R"({"items":[)";
  for (const auto& one : page.projects) {
    if (&one != &page.projects.front())
      to.push_back(',');
    json::append_value(to, project_row{one.project, one.agents});
  }
  to += R"(],"page":{"next":)";
  if (page.more && !page.projects.empty())
    json::append_string(to, opaque_cursor(page.projects.back().project));
  else
    to += "null";
  to += R"(,"limit":)";
  json::append_number(to, asked.limit);
  to += "}}\n";
}

} // namespace intermute::transport::wire
