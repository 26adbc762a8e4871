#include "tests/counts/ceilings.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace intermute::tests::counts;

namespace {

/// 4 of everything.
finding four_of_all(std::string operation) {
  finding made{std::move(operation), {}};
  made.costs.fill(4);
  return made;
}

ceilings all_at(std::uint64_t most) {
  ceilings made;
  for (const auto name : cost_names)
    made["poll"][std::string{name}] = most;
  return made;
}

} // namespace

TEST_CASE("a cost up to its ceiling, and down to half of it, is fine", "[ceilings]") {
  CHECK(complaints({four_of_all("poll")}, all_at(4)).empty());
  CHECK(complaints({four_of_all("poll")}, all_at(8)).empty());
}

TEST_CASE("a cost above its ceiling is told", "[ceilings]") {
  auto allowed = all_at(4);
  allowed["poll"]["socket_calls"] = 3;
  CHECK(complaints({four_of_all("poll")}, allowed)
        == std::vector<std::string>{"poll: socket_calls rose to 4, its ceiling is 3"});
}

TEST_CASE("a ceiling of more than twice the cost is told", "[ceilings]") {
  auto allowed = all_at(4);
  allowed["poll"]["commits"] = 9;
  CHECK(complaints({four_of_all("poll")}, allowed)
        == std::vector<std::string>{"poll: commits is 4, its ceiling of 9 is more than twice that "
                                    "and guards nothing"});
}

TEST_CASE("what has no ceiling, and a ceiling of nothing, is told", "[ceilings]") {
  auto allowed = all_at(4);
  allowed["poll"].erase("commits");
  allowed["poll"]["cakes"] = 1;
  allowed["push"]["commits"] = 1;
  CHECK(complaints({four_of_all("poll")}, allowed)
        == std::vector<std::string>{"poll: commits has no ceiling",
                                    "poll: cakes has a ceiling, but is not counted",
                                    "push has ceilings, but there is no such operation"});
}

TEST_CASE("a ceiling is what was measured, and a little more where chance has a part",
          "[ceilings]") {
  CHECK(ceiling_for("socket_calls", 48) == 48);
  CHECK(ceiling_for("commits", 0) == 0);
  CHECK(ceiling_for("allocations", 199) == 199);
  CHECK(ceiling_for("allocations", 500) == 502);
  CHECK(ceiling_for("c_allocations", 9) == 9);
  CHECK(ceiling_for("file_calls", 14) == 15);
  CHECK(ceiling_for("file_bytes", 1'000.5) == 1'100);
}

TEST_CASE("the ceilings that are written are the ones that are read", "[ceilings]") {
  const auto path = std::filesystem::temp_directory_path()
                    / ("intermute-ceilings-" + std::to_string(::getpid()) + ".yaml");
  const std::vector<finding> found{four_of_all("poll"), four_of_all("send")};
  std::ofstream{path} << ceilings_text(found);
  const auto read = read_ceilings(path);
  std::filesystem::remove(path);
  CHECK(complaints(found, read).empty());
  CHECK(read.at("send").at("file_bytes") == 4);
}
