#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace intermute::bench {

/// Latencies with bounded relative error, in constant memory.
///
/// The layout is that of HdrHistogram (Gil Tene, http://hdrhistogram.org, public domain), written
/// anew and reduced to what a load program needs: every power of two is cut into `2^7` equal
/// buckets, so a reported value is never below the recorded one and at most 1/128 (0.8 %) above
/// it. Values below 256 are exact. `min()` and `max()` are always exact.
///
/// One thread at a time; each io thread fills its own and the results are merged.
class histogram {
public:
  /// Larger values are counted in the last bucket: about 18 minutes in nanoseconds.
  static constexpr std::uint64_t value_max = (std::uint64_t{1} << 40) - 1;

  histogram();

  /// Counts one value. O(1), allocates nothing.
  void record(std::uint64_t value) noexcept;

  /// Adds everything that `other` has counted.
  void merge(const histogram& other) noexcept;

  /// Returns the smallest reportable value that at least `quantile` of all values do not exceed.
  /// @param quantile  From 0 to 1; outside of it the nearer end is taken.
  /// @returns         0 when nothing was recorded. O(buckets).
  [[nodiscard]] std::uint64_t value_at(double quantile) const noexcept;

  /// Returns how many values are in the buckets up to that of `value`. O(buckets).
  [[nodiscard]] std::uint64_t count_up_to(std::uint64_t value) const noexcept;

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint64_t min() const noexcept { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

  /// Returns the mean of the recorded values themselves, not of their buckets.
  [[nodiscard]] double mean() const noexcept;

private:
  static constexpr unsigned bucket_bits = 7;

  static std::size_t bucket_of(std::uint64_t value) noexcept;
  static std::uint64_t bucket_end(std::size_t bucket) noexcept;

  std::vector<std::uint64_t> buckets_;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

} // namespace intermute::bench
