#include "transport/http/target.hpp"

#include "base/text.hpp"
#include "transport/json/utf8.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace intermute::transport::http {
namespace {

int hex_value(char c) noexcept {
  if (c >= '0' && c <= '9')
    return c - '0';
  const char low = static_cast<char>(c | 0x20);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// Decodes `%XX`, and `+` if asked.
std::optional<std::string> decoded(std::string_view text, bool plus_is_space) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 1 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return std::nullopt;
      plain.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      plain.push_back(text[i] == '+' && plus_is_space ? ' ' : text[i]);
    }
  }
  return plain;
}

/// Takes the next piece of a text whose pieces `between` parts.
std::string_view take_piece(std::string_view& rest, char between) noexcept {
  const auto end = rest.find(between);
  const auto piece = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return piece;
}

struct pair {
  std::string_view name;
  std::string_view value;
};

pair split_pair(std::string_view text) noexcept {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return {text, {}};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

// The store counts in signed numbers.
constexpr auto cursor_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::int64_t seconds_max = 100LL * 365 * 24 * 60 * 60;

/// The number that all of the value is; nothing otherwise.
template <class Number>
std::optional<Number> number_value(std::string_view query, std::string_view name) {
  const auto text = query_value(query, name);
  if (!text)
    return std::nullopt;
  Number value = 0;
  const auto* const end = text->data() + text->size();
  const auto [stop, ec] = std::from_chars(text->data(), end, value);
  if (ec != std::errc{} || stop != end || text->empty())
    return std::nullopt;
  return value;
}

bool is_dots(std::string_view segment) noexcept { return segment == "." || segment == ".."; }

} // namespace

target_parts split_target(std::string_view target) noexcept {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos)
    return {target, {}};
  return {target.substr(0, mark), target.substr(mark + 1)};
}

std::optional<std::string> percent_decoded(std::string_view text) {
  if (text.find('%') == std::string_view::npos)
    return std::string{text};
  return decoded(text, false);
}

bool is_clean(std::string_view path) noexcept {
  for (auto slash = path.find('/'); slash != std::string_view::npos;) {
    // Ends: `next` is a later slash each round.
    const auto next = path.find('/', slash + 1);
    const auto segment = path.substr(slash + 1, next - slash - 1);
    if (is_dots(segment) || (segment.empty() && next != std::string_view::npos))
      return false;
    slash = next;
  }
  return true;
}

std::string cleaned(std::string_view path) {
  std::vector<std::string_view> kept;
  const bool slash_stays = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) { // Ends: each round takes a piece.
    const auto segment = take_piece(path, '/');
    if (segment == ".." && !kept.empty())
      kept.pop_back();
    else if (!segment.empty() && !is_dots(segment))
      kept.push_back(segment);
  }
  std::string result;
  for (const auto segment : kept)
    result.append("/").append(segment);
  if (result.empty() || slash_stays)
    result.push_back('/');
  return result;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) { // Ends: each round takes a piece.
    const auto piece = take_piece(query, '&');
    if (piece.find(';') != std::string_view::npos)
      continue;
    const auto [raw_name, raw_value] = split_pair(piece);
    const bool plain = raw_name.find_first_of("%+") == std::string_view::npos;
    if (plain ? raw_name != name : decoded(raw_name, true) != name)
      continue;
    if (auto value = decoded(raw_value, true))
      return value;
  }
  return std::nullopt;
}

std::string trimmed_value(std::string_view query, std::string_view name) {
  return std::string{base::trimmed(query_value(query, name).value_or(""))};
}

std::uint64_t cursor_value(std::string_view query, std::string_view name) {
  return std::min(number_value<std::uint64_t>(query, name).value_or(0), cursor_max);
}

std::uint32_t limit_value(std::string_view query, std::uint32_t usual, std::uint32_t most) {
  const auto wanted = number_value<std::int64_t>(query, "limit");
  if (!wanted || *wanted < 1)
    return usual;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(*wanted, most));
}

std::optional<std::chrono::seconds> seconds_value(std::string_view query, std::string_view name) {
  const auto wanted = number_value<std::int64_t>(query, name);
  if (!wanted || *wanted < 0)
    return std::nullopt;
  return std::chrono::seconds{std::min(*wanted, seconds_max)};
}

bool is_utf8_query(std::string_view query) {
  if (query.find('%') == std::string_view::npos)
    return json::is_utf8(query);
  while (!query.empty()) { // Ends: each round takes a piece.
    const auto piece = take_piece(query, '&');
    const bool plain = piece.find('%') == std::string_view::npos;
    const auto text = plain ? std::string{piece} : decoded(piece, true).value_or("");
    if (!json::is_utf8(text))
      return false;
  }
  return true;
}

} // namespace intermute::transport::http
