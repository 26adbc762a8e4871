#pragma once

#include "base/result.hpp"
#include "transport/http/request.hpp"

#include <string>
#include <vector>

namespace intermute::transport::http {

/// Keeps web pages out of a server that trusts its machine (decision 30): the `Host` must be a
/// loopback name or address or an allowed name, whatever the port, and a page of another origin
/// gets nothing.
///
/// Remembers the last `Host` it accepted, so most requests cost one comparison. One per shard.
class host_guard {
public:
  explicit host_guard(const std::vector<std::string>& allowed) : allowed_(allowed) {}

  /// @param by_name  False for a Unix socket: no name leads to it, so `Host` may be anything.
  /// Fails with `host_not_allowed` or `cross_origin`.
  [[nodiscard]] base::result<void> check(const request& one, bool by_name = true);

private:
  [[nodiscard]] bool is_allowed(std::string_view host) const;

  const std::vector<std::string>& allowed_;
  std::string accepted_;
};

/// True unless `Origin` names another host and port than `Host`.
[[nodiscard]] bool is_own_origin(const request& one);

} // namespace intermute::transport::http
