#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/commands/run_options.hpp"
#include "bench/measure/live_line.hpp"
#include "bench/measure/rates.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace intermute::bench {

namespace {

struct curve_options {
  std::vector<double> rates;
  std::string json;
};

int draw_curve(const options& run, const curve_options& asked) {
  auto rates = asked.rates;
  if (rates.empty()) {
    const double most = closed_loop_rate(run);
    std::printf("%s: %.0f per second in closed loop with %zu connections\n", run.name.c_str(), most,
                run.connections);
    for (const double share : {0.1, 0.25, 0.4, 0.55, 0.7, 0.8, 0.9, 1.0, 1.1, 1.25})
      rates.push_back(most * share);
  }
  result_file file;
  std::vector<rate_point> points;
  print_head();
  for (const double rate : rates) {
    options tried = run;
    tried.rate = rate;
    const auto result = run_load(tried, live_line{run.name}.sink());
    file.add(tried, result, 1);
    points.push_back(to_point(tried, result));
    print(points.back());
  }
  file.add(latency_figure(run, points));
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  return std::ranges::all_of(points, &rate_point::well) ? 0 : 1;
}

} // namespace

void add_curve_command(CLI::App& app, int& status) {
  auto* const command
    = app.add_subcommand("curve", "Latency by rate, from a tenth of the closed loop to beyond it");
  const auto bound = std::make_shared<run_options>(*command);
  const auto asked = std::make_shared<curve_options>();
  command->add_option("--rates", asked->rates, "Requests per second, instead of the automatic ones")
    ->delimiter(',')
    ->check(CLI::Range(1.0, 10'000'000.0))
    ->default_str("");
  add_json_flag(*command, asked->json);
  command->callback([bound, asked, &status] { status = draw_curve(bound->finish(), *asked); });
}

} // namespace intermute::bench
