#include "bench/load/zipf.hpp"

#include <algorithm>
#include <cmath>

namespace intermute::bench {

std::uint64_t spread_bits(std::uint64_t value) noexcept {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

zipf_table::zipf_table(std::size_t size, double skew) : up_to_(std::max<std::size_t>(size, 1)) {
  double sum = 0;
  for (std::size_t i = 0; i < up_to_.size(); ++i) {
    sum += std::pow(static_cast<double>(i + 1), -skew);
    up_to_[i] = sum;
  }
  for (double& share : up_to_)
    share /= sum;
}

std::size_t zipf_table::key_of(std::uint64_t bits) const noexcept {
  const double share = static_cast<double>(bits >> 11U) * 0x1.0p-53;
  const auto found = std::upper_bound(up_to_.begin(), up_to_.end(), share);
  return std::min(static_cast<std::size_t>(found - up_to_.begin()), up_to_.size() - 1);
}

} // namespace intermute::bench
