#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace intermute::bench {

/// Spreads the bits of a number over all 64 (the finaliser of SplitMix64: Steele, Lea, Flood,
/// "Fast splittable pseudorandom number generators", 2014). The same number gives the same bits.
[[nodiscard]] std::uint64_t spread_bits(std::uint64_t value) noexcept;

/// Chooses among `size` keys so that the k-th is taken in proportion to 1 / k^skew (Zipf's law);
/// a skew of 0 takes all alike. O(log size), from a table made once.
class zipf_table {
public:
  /// @param size  At least 1.
  /// @param skew  From 0.
  zipf_table(std::size_t size, double skew);

  /// Returns the key, below `size`, that belongs to these bits: equal bits, equal key.
  [[nodiscard]] std::size_t key_of(std::uint64_t bits) const noexcept;

private:
  std::vector<double> up_to_; ///< The share of the keys up to this one.
};

} // namespace intermute::bench
