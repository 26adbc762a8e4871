#include "config/loopback.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace intermute::config {
namespace {

bool is_ipv6(const std::string& host, in6_addr& address) {
  return inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

constexpr bool is_name_char(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
         || c == '.';
}

} // namespace

bool is_loopback(const std::string& host) {
  // `inet_pton` reads up to the first NUL; what stands behind it must not count.
  if (host.find('\0') != std::string::npos)
    return false;
  if (std::ranges::equal(host, std::string_view{"localhost"}, {}, lower))
    return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1)
    return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return is_ipv6(host, v6) && std::memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

bool is_host_name(const std::string& host) {
  if (host.empty() || host.size() > 253 || host.find('\0') != std::string::npos)
    return false;
  in6_addr v6{};
  return std::ranges::all_of(host, is_name_char) || is_ipv6(host, v6);
}

} // namespace intermute::config
