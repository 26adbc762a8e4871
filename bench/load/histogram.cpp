#include "bench/load/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace intermute::bench {

histogram::histogram() : buckets_(bucket_of(value_max) + 1, 0) {}

std::size_t histogram::bucket_of(std::uint64_t value) noexcept {
  const auto width = static_cast<unsigned>(std::bit_width(value));
  const unsigned shift = width > bucket_bits + 1 ? width - (bucket_bits + 1) : 0;
  // For shift > 0, `value >> shift` lies in [2^bits, 2^(bits+1)), so the ranges join seamlessly.
  return (std::size_t{shift} << bucket_bits) + static_cast<std::size_t>(value >> shift);
}

std::uint64_t histogram::bucket_end(std::size_t bucket) noexcept {
  const std::size_t exact = std::size_t{2} << bucket_bits;
  if (bucket < exact)
    return bucket;
  const std::size_t shift = (bucket >> bucket_bits) - 1;
  const std::size_t top = bucket - (shift << bucket_bits);
  return ((std::uint64_t{top} + 1) << shift) - 1;
}

void histogram::record(std::uint64_t value) noexcept {
  ++buckets_[bucket_of(std::min(value, value_max))];
  ++count_;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  sum_ += static_cast<double>(value);
}

void histogram::merge(const histogram& other) noexcept {
  for (std::size_t i = 0; i < buckets_.size(); ++i)
    buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  sum_ += other.sum_;
}

std::uint64_t histogram::value_at(double quantile) const noexcept {
  if (count_ == 0)
    return 0;
  const double share = std::clamp(quantile, 0.0, 1.0) * static_cast<double>(count_);
  const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ceil(share)));
  if (rank >= count_)
    return max_;
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    passed += buckets_[i];
    if (passed >= rank)
      return std::min(bucket_end(i), max_);
  }
  return max_;
}

std::uint64_t histogram::count_up_to(std::uint64_t value) const noexcept {
  const auto last = bucket_of(std::min(value, value_max));
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i <= last; ++i)
    passed += buckets_[i];
  return passed;
}

double histogram::mean() const noexcept {
  return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_);
}

} // namespace intermute::bench
