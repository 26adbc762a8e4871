#pragma once

#include "base/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace intermute::base {

/// `text` encrypted with AES-256-GCM (NIST SP 800-38D): nonce, ciphertext, tag.
/// @param key  32 bytes.
[[nodiscard]] std::string seal(std::string_view text, std::string_view key, entropy& random);

/// What was sealed; nothing when the key is another or a byte was changed.
[[nodiscard]] std::optional<std::string> unseal(std::string_view sealed, std::string_view key);

} // namespace intermute::base
