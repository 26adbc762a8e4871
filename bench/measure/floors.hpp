#pragma once

#include "bench/measure/rounds.hpp"
#include "bench/measure/sides.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace intermute::bench {

/// A ratio within one run that must not be crossed.
struct floor {
  std::string name;
  std::string what;        ///< How the ratio is made, in words.
  std::vector<side> sides; ///< Measured in turn, round by round.
  bool is_ceiling = false; ///< The ratio must not be above the bound instead of below.
  /// Makes the ratio of the medians of the sides.
  double (*ratio)(const std::vector<double>& medians) = nullptr;
};

/// Returns all of them; they refer to `measured`, which outlives them.
[[nodiscard]] std::vector<floor> all_floors(sides& measured);

/// What measuring one of them led to.
struct floor_result {
  std::vector<sample> samples; ///< One per side.
  double ratio = 0;
  double bound = 0;
  bool skipped = false;
  bool met = false;
};

[[nodiscard]] floor_result measure_floor(const floor& one, double bound, int rounds);

/// Reads a YAML map of floor names to bounds.
/// @throws std::runtime_error  When the file cannot be read or a bound is no number above 0.
[[nodiscard]] std::map<std::string, double> read_bounds(const std::string& path);

} // namespace intermute::bench
