#pragma once

#include "tests/counts/stage.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace intermute::tests::counts {

/// One kind of request, again and again.
struct operation {
  std::string name;
  /// Makes the nth round and tells what it cost. What it needs beforehand is not part of that.
  std::function<cost(std::size_t)> round;
  std::size_t rounds_of_block = 30;
};

/// All kinds, in the order in which they are to be measured. They refer to `on`, where agents,
/// messages and reservations are made for them.
[[nodiscard]] std::vector<operation> operations(stage& on);

/// What a round costs once everything is warm. Of most it is what the middle one of all rounds
/// costs; of bytes written to files it is the middle one of ten averages, since now and then a page
/// is split. Neither sees what happens once a minute.
[[nodiscard]] cost measure(const operation& what);

} // namespace intermute::tests::counts
