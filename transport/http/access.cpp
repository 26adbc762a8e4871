#include "transport/http/access.hpp"

#include "base/text.hpp"
#include "config/loopback.hpp"

#include <algorithm>

namespace intermute::transport::http {
namespace {

using base::errc;

/// The name or address of `host[:port]`; empty if it is neither. A wrong port makes it wrong.
std::string name_of(std::string_view host) {
  std::string_view port;
  std::string_view name = host;
  if (host.starts_with('[')) {
    const auto close = host.find(']');
    if (close == std::string_view::npos)
      return {};
    name = host.substr(1, close - 1);
    port = host.substr(close + 1);
  } else if (const auto colon = host.find(':'); colon != std::string_view::npos) {
    name = host.substr(0, colon);
    port = host.substr(colon);
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!port.empty() && (port.front() != ':' || !std::ranges::all_of(port.substr(1), is_digit)))
    return {};
  return base::lowered(name);
}

/// The `host[:port]` of an origin; empty for `null` and for what is no origin.
std::string_view authority_of(std::string_view origin) noexcept {
  const auto scheme = origin.find("://");
  return scheme == std::string_view::npos ? std::string_view{} : origin.substr(scheme + 3);
}

} // namespace

base::result<void> host_guard::check(const request& one, bool by_name) {
  // Only HTTP/1.0 may come without a host, and no browser speaks that.
  if (by_name && one.has_host && (one.host.empty() || one.host != accepted_)) {
    if (!is_allowed(one.host))
      return errc::host_not_allowed;
    accepted_ = one.host;
  }
  if (!is_own_origin(one) || one.fetch_site == "cross-site")
    return errc::cross_origin;
  return {};
}

bool host_guard::is_allowed(std::string_view host) const {
  const auto name = name_of(host);
  if (name.empty())
    return false;
  return config::is_loopback(name) || std::ranges::any_of(allowed_, [&](const std::string& one) {
           return base::lowered(one) == name;
         });
}

bool is_own_origin(const request& one) {
  if (!one.has_origin)
    return true;
  const auto authority = authority_of(one.origin);
  return !authority.empty() && base::lowered(authority) == base::lowered(one.host);
}

} // namespace intermute::transport::http
