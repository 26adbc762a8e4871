#pragma once

#include <functional>
#include <string>
#include <vector>

namespace intermute::bench {

/// The values of one side over the rounds.
struct sample {
  std::vector<double> values;

  [[nodiscard]] double median() const;
  [[nodiscard]] double min() const;
  [[nodiscard]] double max() const;
};

/// One thing that is measured in every round.
struct side {
  std::string name;
  std::function<double()> measure;
};

/// Measures all sides once per round, forwards and backwards in turn, so that a machine that
/// drifts drifts for all. @returns  One sample per side, in their order.
[[nodiscard]] std::vector<sample> alternate(const std::vector<side>& sides, int rounds);

} // namespace intermute::bench
