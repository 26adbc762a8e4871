#include "tests/counts/ceilings.hpp"
#include "tests/counts/operations.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace intermute::tests::counts;

namespace {

/// The ceilings that count, or others to try them.
std::string ceilings_path() {
  const char* const other = std::getenv("INTERMUTE_CEILINGS");
  return other != nullptr ? other : INTERMUTE_SOURCE_DIR "/tests/counts/ceilings.yaml";
}

std::vector<finding> measured() {
  stage on;
  std::vector<finding> found;
  for (const auto& one : operations(on))
    found.push_back({one.name, measure(one)});
  return found;
}

} // namespace

TEST_CASE("no request costs more than its ceilings say", "[counts]") {
  const auto allowed = read_ceilings(ceilings_path());
  const auto found = measured();
  std::cout << table(found, allowed);
  std::string said;
  for (const auto& line : complaints(found, allowed))
    said += line + '\n';
  if (!said.empty())
    FAIL(said << how_to_write());
}

TEST_CASE("the ceilings are written anew", "[.][write-ceilings]") {
  std::ofstream{ceilings_path(), std::ios::binary} << ceilings_text(measured());
}
