#include "bench/commands/scenario.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>

using namespace intermute::bench;

namespace {

/// A file that goes with the test.
class scenario_file {
public:
  explicit scenario_file(const std::string& text)
    : path_{(std::filesystem::temp_directory_path()
             / ("scenario-" + std::to_string(::getpid()) + ".yaml"))
              .string()} {
    std::ofstream{path_} << text;
  }
  ~scenario_file() { std::filesystem::remove(path_); }

  [[nodiscard]] std::vector<options> read(const std::vector<std::string>& more = {}) const {
    return read_scenario(path_, more);
  }
  [[nodiscard]] std::string failure() const {
    try {
      (void)read();
    } catch (const std::runtime_error& why) {
      return why.what();
    }
    return {};
  }

private:
  std::string path_;
};

} // namespace

TEST_CASE("a scenario's runs have the options of a command line", "[bench]") {
  const scenario_file file{R"(
defaults: {url: "http://127.0.0.1:9", seconds: 2, connections: 8}
runs:
  - {workload: send, projects: 4, zipf: 0.9}
  - {workload: ws-fanout, name: singles, connections: 2, sockets: 30, singles: true}
  - {workload: fleet, rate: 500, arrivals: even, no-verify: false}
)"};
  const auto runs = file.read();
  REQUIRE(runs.size() == 3);
  CHECK(runs[0].work == workload::send);
  CHECK(runs[0].name == "send");
  CHECK(runs[0].server.port == "9");
  CHECK(runs[0].seconds == 2);
  CHECK(runs[0].connections == 8);
  CHECK(runs[0].projects == 4);
  CHECK(runs[0].zipf == 0.9);
  CHECK(runs[1].name == "singles");
  CHECK(runs[1].connections == 2);
  CHECK(runs[1].recipients == 30);
  CHECK(runs[2].rate == 500);
  CHECK(runs[2].arrive == arrivals::even);
  CHECK(runs[2].verify);
  CHECK(file.read({"--url=http://[::1]:7", "--seconds=9"})[1].seconds == 9);
}

TEST_CASE("what is wrong in a scenario is told with its place", "[bench]") {
  const auto told = [](const std::string& text) { return scenario_file{text}.failure(); };
  CHECK_THAT(told("runs: []"), Catch::Contains("at least one run"));
  CHECK_THAT(told("runs: [{connections: 3}]"), Catch::Contains("run 1 has no workload"));
  CHECK_THAT(told("runs: [{workload: send}, {workload: dance}]"),
             Catch::Contains("run 2") && Catch::Contains("dance"));
  CHECK_THAT(told("runs: [{workload: send, conections: 3}]"), Catch::Contains("conections"));
  CHECK_THAT(told("runs: [{workload: send, connections: none}]"), Catch::Contains("connections"));
  CHECK_THAT(told("runs: [{workload: send, connections: 3, connections: 4}]"),
             Catch::Contains("twice"));
  CHECK_THAT(told("runs: [{workload: send, connections: [3]}]"), Catch::Contains("plain value"));
  CHECK_THAT(told("steps: []\nruns: [{workload: send}]"), Catch::Contains("steps"));
  CHECK_THAT(told("runs: [{workload: send, url: nowhere}]"), Catch::Contains("--url"));
  CHECK_THAT(told("runs: [{workload: send, fanout: 99}]"), Catch::Contains("--recipients"));
  CHECK_THAT(told("runs: ["), Catch::Contains("yaml"));
  CHECK_THROWS_AS(read_scenario("/nowhere.yaml", {}), std::runtime_error);
}
