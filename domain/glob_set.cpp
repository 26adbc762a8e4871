#include "domain/glob_set.hpp"

#include <algorithm>

namespace intermute::domain {
namespace {

constexpr char32_t ascii_end = 0x80;
constexpr char32_t last_character = 0x10FFFF;
constexpr std::uint64_t dot_bit = std::uint64_t{1} << U'.';

/// Sorted, and no two of them touch or overlap.
std::vector<code_range> merged(std::vector<code_range> ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<code_range> result;
  for (const auto& next : ranges) {
    if (!result.empty() && next.first <= result.back().last + 1)
      result.back().last = std::max(result.back().last, next.last);
    else
      result.push_back(next);
  }
  return result;
}

std::vector<code_range> all_but(const std::vector<code_range>& ranges) {
  std::vector<code_range> result;
  char32_t from = 0;
  for (const auto& range : merged(ranges)) {
    if (range.first > from)
      result.push_back({from, range.first - 1});
    from = range.last + 1;
  }
  if (from <= last_character)
    result.push_back({from, last_character});
  return result;
}

} // namespace

glob_set::glob_set(std::vector<code_range> ranges, bool negated) {
  auto outside = negated ? std::move(ranges) : all_but(ranges);
  for (const auto never : {code_range{0, 0}, code_range{U'/', U'/'}, code_range{0xD800, 0xDFFF}})
    outside.push_back(never);
  for (auto range : all_but(outside)) {
    for (; range.first < ascii_end && range.first <= range.last; ++range.first)
      ascii_[range.first / 64] |= std::uint64_t{1} << (range.first % 64);
    if (range.first <= range.last)
      wide_.push_back(range);
  }
}

bool glob_set::contains_wide(char32_t character) const noexcept {
  const auto after
    = std::upper_bound(wide_.begin(), wide_.end(), character,
                       [](char32_t c, const auto& range) { return c < range.first; });
  return after != wide_.begin() && character <= std::prev(after)->last;
}

bool glob_set::meets(const glob_set& other, bool dot_barred) const noexcept {
  const auto barred = dot_barred ? dot_bit : 0;
  if ((ascii_[0] & other.ascii_[0] & ~barred) != 0 || (ascii_[1] & other.ascii_[1]) != 0)
    return true;
  auto a = wide_.begin();
  auto b = other.wide_.begin();
  while (a != wide_.end() && b != other.wide_.end()) { // Ends: each round takes a range away.
    if (a->last < b->first)
      ++a;
    else if (b->last < a->first)
      ++b;
    else
      return true;
  }
  return false;
}

bool glob_set::empty() const noexcept { return ascii_[0] == 0 && ascii_[1] == 0 && wide_.empty(); }

bool glob_set::has_more_than_dot() const noexcept {
  return (ascii_[0] & ~dot_bit) != 0 || ascii_[1] != 0 || !wide_.empty();
}

} // namespace intermute::domain
