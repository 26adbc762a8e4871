#pragma once

// A part of the glob engine; only `glob*.cpp` include it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace intermute::domain {

struct code_range {
  char32_t first;
  char32_t last; ///< Inclusive.
};

/// The characters that a class in a pattern accepts. Never NUL, `/` or a surrogate.
class glob_set {
public:
  /// The characters in `ranges` (any order, may overlap), or all others.
  glob_set(std::vector<code_range> ranges, bool negated);

  [[nodiscard]] bool contains(char32_t character) const noexcept {
    return character < 0x80 ? (ascii_[character / 64] >> (character % 64) & 1U) != 0
                            : contains_wide(character);
  }

  /// True if both accept some character; with `dot_barred`, one that is not `.`.
  [[nodiscard]] bool meets(const glob_set& other, bool dot_barred) const noexcept;

  [[nodiscard]] bool empty() const noexcept;

  /// True if it accepts a character that is not `.`.
  [[nodiscard]] bool has_more_than_dot() const noexcept;

  /// The number of ranges beyond ASCII; `meets` takes about as many steps.
  [[nodiscard]] std::size_t wide_count() const noexcept { return wide_.size(); }

private:
  [[nodiscard]] bool contains_wide(char32_t character) const noexcept;

  std::array<std::uint64_t, 2> ascii_{};
  std::vector<code_range> wide_; ///< Beyond ASCII; sorted, disjoint.
};

} // namespace intermute::domain
