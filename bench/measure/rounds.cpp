#include "bench/measure/rounds.hpp"

#include <algorithm>

namespace intermute::bench {

double sample::median() const {
  auto sorted = values;
  std::ranges::sort(sorted);
  const auto middle = sorted.size() / 2;
  if (sorted.empty())
    return 0;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

double sample::min() const { return values.empty() ? 0 : *std::ranges::min_element(values); }

double sample::max() const { return values.empty() ? 0 : *std::ranges::max_element(values); }

std::vector<sample> alternate(const std::vector<side>& sides, int rounds) {
  std::vector<sample> samples(sides.size());
  for (int round = 0; round < rounds; ++round)
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const auto at = round % 2 == 0 ? i : sides.size() - 1 - i;
      samples[at].values.push_back(sides[at].measure());
    }
  return samples;
}

} // namespace intermute::bench
