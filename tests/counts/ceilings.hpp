#pragma once

#include "tests/counts/stage.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::tests::counts {

/// What an operation may cost at most, by the name of the count.
using limits = std::map<std::string, std::uint64_t, std::less<>>;
using ceilings = std::map<std::string, limits, std::less<>>;

/// What an operation was found to cost.
struct finding {
  std::string operation;
  cost costs;
};

/// The ceiling for what was measured: exactly that, where the server alone decides. A tenth more of
/// bytes and of what SQLite asks of the system, which depends on how its pages happen to be filled;
/// and one for each 200 allocations, since a container grows now and then.
[[nodiscard]] std::uint64_t ceiling_for(std::string_view count, double measured);

/// Reads `ceilings.yaml`. The test fails when it cannot be read.
[[nodiscard]] ceilings read_ceilings(const std::string& path);

/// The file for what was measured, with a head that says what it is.
[[nodiscard]] std::string ceilings_text(const std::vector<finding>& found);

/// A line for each count of each operation: what it costs, what it may cost.
[[nodiscard]] std::string table(const std::vector<finding>& found, const ceilings& allowed);

/// What is wrong, a line each: a cost above its ceiling, a ceiling of more than twice the cost, and
/// whatever has no ceiling or no cost.
[[nodiscard]] std::vector<std::string> complaints(const std::vector<finding>& found,
                                                  const ceilings& allowed);

/// How to write the ceilings anew.
[[nodiscard]] std::string_view how_to_write();

} // namespace intermute::tests::counts
