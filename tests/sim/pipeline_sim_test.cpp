#include "tests/sim/world.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>

namespace intermute::test {
namespace {

std::uint64_t number_from(const char* name, std::uint64_t otherwise) {
  const auto* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

/// Runs one history; tells how to run it again when it breaks a promise.
void run_seed(std::uint64_t seed) {
  try {
    world w{seed};
    w.run(4'000);
  } catch (const world::broken_promise& broken) {
    FAIL_CHECK("seed " << seed << " breaks: " << broken.what()
                       << "\nreplay: INTERMUTE_SEED=" << seed << " build/release/tests/test_sim");
  }
}

} // namespace

TEST_CASE("no order of events and no fault breaks a promise of the pipeline", "[sim]") {
  if (const auto one = number_from("INTERMUTE_SEED", 0); one != 0)
    return run_seed(one);
  const bool nightly = std::getenv("INTERMUTE_NIGHTLY") != nullptr;
  const auto count = number_from("INTERMUTE_SEEDS", nightly ? 2'000 : 50);
  for (std::uint64_t seed = 1; seed <= count; ++seed)
    run_seed(seed);
}

} // namespace intermute::test
