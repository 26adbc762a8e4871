#pragma once

#include <string>

namespace intermute::config {

/// True when a server bound to `host` can be reached from this machine alone: an address in
/// 127.0.0.0/8, any spelling of ::1, or "localhost". Never asks a name server.
[[nodiscard]] bool is_loopback(const std::string& host);

/// True for an IP address, or "localhost" in any case: what a server can be bound to.
[[nodiscard]] bool is_listen_host(const std::string& host);

/// True for an IP address or a name of letters, digits, '-', '_' and '.', without port.
[[nodiscard]] bool is_host_name(const std::string& host);

} // namespace intermute::config
