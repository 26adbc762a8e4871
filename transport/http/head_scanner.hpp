#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace intermute::transport::http {

/// Finds the end of a request's head while its bytes come in, and refuses what proxies and
/// servers are known to read differently: bare line feeds and folded header lines.
class head_scanner {
public:
  enum class verdict : std::uint8_t { incomplete, complete, malformed };

  /// Goes on where the last call stopped. @param data  All bytes from the request's first on.
  verdict scan(std::string_view data) noexcept;

  /// The length of the head with its empty line, once complete.
  [[nodiscard]] std::size_t length() const noexcept { return line_; }

private:
  std::size_t line_ = 0; ///< Where the current line begins.
  std::size_t seen_ = 0; ///< How far the search for its end came.
};

} // namespace intermute::transport::http
