#include "config/loopback.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

namespace intermute::config {
namespace {

/// `inet_pton` reads up to the first NUL; what stands behind it must not count.
bool is_address(int family, const std::string& host, void* to) {
  return host.find('\0') == std::string::npos && inet_pton(family, host.c_str(), to) == 1;
}

bool is_ipv4(const std::string& host, in_addr& address) {
  return is_address(AF_INET, host, &address);
}

bool is_ipv6(const std::string& host, in6_addr& address) {
  return is_address(AF_INET6, host, &address);
}

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_localhost(const std::string& host) {
  return std::ranges::equal(host, std::string_view{"localhost"}, {}, lower);
}

constexpr bool is_name_char(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'
         || c == '.';
}

} // namespace

bool is_loopback(const std::string& host) {
  if (is_localhost(host))
    return true;
  in_addr v4{};
  if (is_ipv4(host, v4))
    return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6{};
  return is_ipv6(host, v6) && std::memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

bool is_listen_host(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  return is_localhost(host) || is_ipv4(host, v4) || is_ipv6(host, v6);
}

bool is_host_name(const std::string& host) {
  if (host.empty() || host.size() > 253)
    return false;
  in6_addr v6{};
  return std::ranges::all_of(host, is_name_char) || is_ipv6(host, v6);
}

} // namespace intermute::config
