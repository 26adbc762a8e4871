#pragma once

#include "base/clock.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace intermute::base {

/// A UUID as its 16 bytes.
using uuid_bytes = std::array<std::uint8_t, 16>;

/// Where randomness comes from. Injected; a test gives a seeded one. Safe from any thread.
class entropy {
public:
  virtual ~entropy() = default;
  /// Fills `[into, into + length)` with unpredictable bytes.
  virtual void fill(std::uint8_t* into, std::size_t length) = 0;
  /// A uniform 64-bit number.
  [[nodiscard]] std::uint64_t number();
};

/// The kernel's generator (getrandom, buffered per thread); lives as long as the process.
[[nodiscard]] entropy& system_entropy() noexcept;

/// A new UUID version 7 (RFC 9562 section 5.7) in lowercase canonical form. Ordered by `now`
/// to a quarter of a microsecond, so that rows named by it are appended, not scattered.
[[nodiscard]] std::string make_uuid(wall_time now, entropy& random);

/// 24 random bytes in URL-safe base64 without padding: 32 characters, 192 bits.
[[nodiscard]] std::string make_token(entropy& random);

/// The bytes of a lowercase canonical UUID; nothing for every other text.
[[nodiscard]] std::optional<uuid_bytes> parse_canonical_uuid(std::string_view text) noexcept;

/// Lowercase canonical form (RFC 9562 section 4).
[[nodiscard]] std::string format_uuid(const uuid_bytes& bytes);

/// True for the four textual forms the reference accepts: canonical, `urn:uuid:` + canonical,
/// braced, 32 hex digits; any case of hex digits and prefix.
[[nodiscard]] bool is_uuid_text(std::string_view text) noexcept;

} // namespace intermute::base
