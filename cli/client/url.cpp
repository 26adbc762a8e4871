#include "cli/client/url.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace intermute::cli::client {
namespace {

using base::errc;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && std::ranges::all_of(text, is_digit)
         && std::stoi(std::string{text}) <= 65'535;
}

/// No blank, no control, nothing that would end a line or the authority.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(
    text, [](char c) { return c > ' ' && c < '\x7f' && c != '@' && c != '?' && c != '#'; });
}

} // namespace

std::string endpoint::authority() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return (ipv6 ? '[' + host + ']' : host) + ':' + port;
}

base::result<endpoint> parse_url(std::string_view text) {
  constexpr std::string_view scheme = "http://";
  const auto wrong = [written = text](const std::string& why) {
    return base::error{errc::invalid_request, base::quoted(written) + why, "url"};
  };
  const auto lower = base::lowered(text.substr(0, 8));
  if (lower == "https://")
    return wrong(" is not understood: only http:// is spoken here. Put a TLS tunnel before it.");
  if (!lower.starts_with(scheme) || !is_plain(text))
    return wrong(" is no URL of a server; write it like http://127.0.0.1:7338.");
  text.remove_prefix(scheme.size());
  const auto slash = std::min(text.find('/'), text.size());
  auto authority = text.substr(0, slash);
  auto path = text.substr(slash);
  while (path.ends_with('/')) // Ends: every round shortens the path.
    path.remove_suffix(1);

  endpoint found{{}, "80", std::string{path}};
  const auto closing = authority.find(']');
  const bool bracketed = authority.starts_with('[') && closing != std::string_view::npos;
  const auto colon = bracketed ? authority.find(':', closing) : authority.find(':');
  if (colon != std::string_view::npos) {
    found.port = authority.substr(colon + 1);
    authority = authority.substr(0, colon);
  }
  if (bracketed && authority.size() == closing + 1)
    authority = authority.substr(1, closing - 1);
  found.host = authority;
  if (found.host.empty() || found.host.find_first_of("[]") != std::string::npos
      || !is_port(found.port))
    return wrong(" is no URL of a server; write it like http://127.0.0.1:7338.");
  return found;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  constexpr std::string_view as_they_are
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (as_they_are.find(c) != std::string_view::npos)
      result.push_back(c);
    else
      result += {'%', hex[byte >> 4U], hex[byte & 0xFU]};
  }
  return result;
}

} // namespace intermute::cli::client
