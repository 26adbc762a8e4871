#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/measure/floors.hpp"
#include "bench/report/result_file.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace intermute::bench {

namespace {

struct guard_command {
  measure_options with;
  std::string bounds;
  std::vector<std::string> only;
  std::string json;
};

void print(const floor& one, const floor_result& result) {
  for (std::size_t i = 0; i < one.sides.size(); ++i) {
    const auto& values = result.samples[i];
    std::printf("  %-40s %12.2f  (%.2f to %.2f)\n", one.sides[i].name.c_str(), values.median(),
                values.min(), values.max());
  }
  if (result.skipped)
    std::printf("%-16s skipped: a side could not be measured\n", one.name.c_str());
  else
    std::printf("%-16s %8.3f  %s %.3f  %s  (%s)\n", one.name.c_str(), result.ratio,
                one.is_ceiling ? "at most" : "at least", result.bound,
                result.met ? "met" : "MISSED", one.what.c_str());
  std::fflush(stdout);
}

int guard(const guard_command& asked) {
  const auto bounds = read_bounds(asked.bounds);
  sides measured{asked.with};
  result_file file;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
  std::size_t missed = 0;
  for (const auto& one : all_floors(measured)) {
    if (!asked.only.empty() && std::ranges::find(asked.only, one.name) == asked.only.end())
      continue;
    const auto bound = bounds.find(one.name);
    if (bound == bounds.end())
      throw std::runtime_error(asked.bounds + " has no bound for " + one.name);
    const auto result = measure_floor(one, bound->second, asked.with.rounds);
    print(one, result);
    missed += result.met || result.skipped ? 0 : 1;
    rows.push_back({one.name, {result.ratio, result.bound, result.met ? 1.0 : 0.0}});
    for (std::size_t i = 0; i < one.sides.size(); ++i)
      rows.push_back(
        {one.name + ": " + one.sides[i].name,
         {result.samples[i].median(), result.samples[i].min(), result.samples[i].max()}});
  }
  file.add_table("floors", rows, {"median", "min", "max"});
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  if (rows.empty())
    throw std::runtime_error("no floor has one of these names");
  return missed == 0 ? 0 : 1;
}

} // namespace

void add_guard_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "guard", "Compares ratios within this run with committed floors; exits 1 below one");
  const auto asked = std::make_shared<guard_command>();
  asked->with.nats = beside_us("intermute-bench-nats");
  command->add_option("floors", asked->bounds, "YAML file of bounds")->required()->default_str("");
  command->add_option("--only", asked->only, "Only these floors")->delimiter(',')->default_str("");
  add_server_flags(*command, asked->with);
  command->add_option("--nats", asked->with.nats, "The NATS publisher, if it was built");
  add_round_flags(*command, asked->with);
  add_json_flag(*command, asked->json);
  command->callback([asked, &status] { status = guard(*asked); });
}

} // namespace intermute::bench
