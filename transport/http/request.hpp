#pragma once

#include "transport/http/identity.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::transport::http {

/// The methods that a route can have; all others are `other`.
enum class verb : std::uint8_t { get, head, post, put, patch, del, other };

/// One request. The views point into `head_bytes` and live until the next request is read.
struct request {
  std::string head_bytes; ///< Request line and header lines, as sent.

  verb method = verb::other;
  bool http_1_0 = false;
  bool keep_alive = true;
  std::string_view target;
  std::string_view path;  ///< As sent, not decoded.
  std::string_view query; ///< As sent, without the question mark.

  std::string_view host;
  std::string_view origin;
  std::string_view fetch_site;      ///< `Sec-Fetch-Site`
  std::string_view agent_id;        ///< `X-Agent-ID`, trimmed.
  std::string_view agent_token;     ///< `X-Agent-Token`, trimmed.
  std::string_view authorization;   ///< The first such line.
  std::string_view forwarded_for;   ///< The first `X-Forwarded-For`.
  std::string_view idempotency_key; ///< As sent, blanks around it taken away.
  std::string_view request_id;      ///< `X-Request-Id`
  std::string_view connection;      ///< The first such line.
  std::string_view upgrade;
  std::string_view socket_key;     ///< `Sec-WebSocket-Key`
  std::string_view socket_version; ///< `Sec-WebSocket-Version`
  bool has_host = false;
  bool has_origin = false;
  bool has_forwarded_for = false;
  bool has_authorization = false;
  bool has_idempotency_key = false;
  bool has_upgrade_token = false; ///< `Connection` names `upgrade`.
  bool expects_continue = false;  ///< `Expect: 100-continue`

  identity who; ///< Set before a handler sees the request.

  std::string parameter; ///< What stood for the first `{x}` in the route's path, decoded.
  std::string second;    ///< What stood for the second.
  std::string body;
};

} // namespace intermute::transport::http
