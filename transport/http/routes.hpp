#pragma once

#include "base/error.hpp"
#include "transport/http/request.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace intermute::transport {
class call;
}

namespace intermute::transport::http {

/// What a body above the limit is answered with (decision 19).
enum class too_large : std::uint8_t {
  is_413,
  is_400, ///< Where the reference says 400.
};

/// Who may call a route.
enum class access : std::uint8_t {
  open,      ///< Everybody, without a key.
  agent,     ///< Callers of this machine, and those with a key.
  operators, ///< Operators (decision 37).
};

/// One operation; `api/openapi.yaml` has the same rows by `id`.
struct route {
  verb method;
  std::string_view path; ///< `{x}` matches one segment, `{x...}` the rest.
  std::string_view id;   ///< OpenAPI operationId and metric label.
  access needs;
  too_large beyond;
  void (*handle)(call&);
};

/// All of them. GET also answers HEAD, but for the WebSocket.
[[nodiscard]] std::span<const route> routes() noexcept;

/// What stands for requests that match no route, in metrics.
inline constexpr std::string_view unmatched_id = "unmatched";

/// Where a request goes.
struct direction {
  const route* row = nullptr; ///< Nothing: see `failure` or `location`.
  std::size_t index = 0;      ///< Of the row; `routes().size()` when there is none.
  std::string parameter;      ///< What stood for the first `{x}`, decoded.
  std::string second;         ///< What stood for the second.
  std::string location;       ///< Not empty: a redirect to there, without the query.
  std::string allow;          ///< With `method_not_allowed`: the methods there are.
  base::errc failure = base::errc::route_not_found;
};

/// Finds the route of a method and a path (as sent). Linear in the routes.
[[nodiscard]] direction find_route(verb method, std::string_view path);

} // namespace intermute::transport::http
