#pragma once

#include <string>
#include <string_view>

namespace intermute::base {

/// The SHA-256 digest of `text` (FIPS 180-4), 32 bytes. Computed by OpenSSL.
[[nodiscard]] std::string sha256(std::string_view text);

} // namespace intermute::base
