#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace intermute::cli::client {

/// Where a server is.
struct endpoint {
  std::string host;   ///< Name or address, an IPv6 one without brackets.
  std::string port;   ///< Digits.
  std::string prefix; ///< Path before the server's own; empty or "/a/b".

  /// "host:port", as in the header `Host`.
  [[nodiscard]] std::string authority() const;
  /// As it was written, without a slash at the end.
  [[nodiscard]] std::string text() const { return "http://" + authority() + prefix; }
};

/// Reads "http://host[:port][/path]". Fails with `invalid_request` and a sentence for all else.
[[nodiscard]] base::result<endpoint> parse_url(std::string_view text);

/// `text` percent-encoded for one path segment or one query value.
[[nodiscard]] std::string escaped(std::string_view text);

} // namespace intermute::cli::client
