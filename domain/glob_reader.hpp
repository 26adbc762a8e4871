#pragma once

// A part of the glob engine; only `glob*.cpp` include it.

#include "base/result.hpp"
#include "domain/glob_set.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::domain {

enum class token_kind : std::uint8_t {
  literal, ///< `value` is the character.
  any,
  star,
  set, ///< `value` is an index into `glob_tokens::sets`.
  slash,
  // Of an alternation; `value` is its number, inner ones before outer ones.
  open,
  comma,
  close,
};

struct glob_token {
  token_kind kind{};
  std::uint32_t value = 0;
  std::uint32_t offset = 0; ///< Of its first byte in the pattern.
};

/// A pattern, read once from left to right. Braces and commas that belong to no alternation are
/// literals.
struct glob_tokens {
  std::vector<glob_token> tokens;
  std::vector<glob_set> sets;
  std::uint32_t alternations = 0;
};

/// Fails with `invalid_pattern`, or `pattern_too_complex` for more than `glob_bytes_max` bytes.
[[nodiscard]] base::result<glob_tokens> read_glob(std::string_view pattern);

/// The error `invalid_pattern` at a byte offset. `detail` says what to do.
[[nodiscard]] base::error invalid_at(std::size_t offset, std::string detail);

/// The error `pattern_too_complex`: `bound` is its name, `limit` its value.
[[nodiscard]] base::error beyond(std::string_view bound, std::uint64_t limit, std::string detail);

} // namespace intermute::domain
