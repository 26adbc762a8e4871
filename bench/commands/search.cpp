#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/commands/run_options.hpp"
#include "bench/measure/highest_rate.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace intermute::bench {

namespace {

struct search_command {
  search_limits limits;
  std::string json;
};

int search(const options& run, const search_command& asked) {
  result_file file;
  std::vector<rate_point> points;
  print_head();
  const auto best
    = highest_rate(run, asked.limits,
                   [&](const options& tried, const run_result& result, const rate_point& point) {
                     file.add(tried, result, 1);
                     points.push_back(point);
                     print(point);
                   });
  std::ranges::sort(points, {}, &rate_point::asked);
  file.add(latency_figure(run, points));
  file.add_table("highest rate", {{run.name, {asked.limits.p99_ms, best.asked, best.p99_ms}}},
                 {"p99_limit_ms", "rate", "p99_ms"});
  std::printf("%s: %.0f requests per second is the highest found with a p99 below %g ms "
              "(p99 %.3f ms)\n",
              run.name.c_str(), best.asked, asked.limits.p99_ms, best.p99_ms);
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  return best.asked > 0 ? 0 : 1;
}

} // namespace

void add_search_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "search", "The highest rate of an open loop whose p99 stays below a limit");
  const auto bound = std::make_shared<run_options>(*command);
  const auto asked = std::make_shared<search_command>();
  command->add_option("--p99-ms", asked->limits.p99_ms, "The limit")
    ->check(CLI::Range(0.01, 60'000.0));
  command->add_option("--steps", asked->limits.steps, "Rates to try")->check(CLI::Range(2, 20));
  add_json_flag(*command, asked->json);
  command->callback([bound, asked, &status] { status = search(bound->finish(), *asked); });
}

} // namespace intermute::bench
