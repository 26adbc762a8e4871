#pragma once

#include <string>
#include <vector>

namespace intermute::bench {

/// Runs a program to its end. @returns  What it printed; empty when it did not exit with 0.
[[nodiscard]] std::string output_of(const std::string& program,
                                    const std::vector<std::string>& arguments);

} // namespace intermute::bench
