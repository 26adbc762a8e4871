#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/commands/run_options.hpp"
#include "bench/commands/scenario.hpp"
#include "bench/measure/live_line.hpp"
#include "bench/report/result_file.hpp"

#include <cstdio>
#include <memory>
#include <vector>

namespace intermute::bench {

namespace {

/// Where results go, and how often a run is made.
struct output_options {
  std::string json;
  std::string percentiles;
  int rounds = 1;
};

void bind(CLI::App& app, output_options& out) {
  add_json_flag(app, out.json);
  app
    .add_option("--percentiles", out.percentiles,
                "Write the latency distribution of the last run (HdrHistogram text format)")
    ->default_str("");
  app.add_option("--rounds", out.rounds, "Make every run this often, in turn")
    ->check(CLI::Range(1, 100));
}

int run_all(const std::vector<options>& runs, const output_options& out) {
  result_file file;
  bool well = true;
  histogram last;
  for (int round = 1; round <= out.rounds; ++round) {
    for (const auto& run : runs) {
      const run_result result = run_load(run, live_line{run.name}.sink());
      file.add(run, result, round);
      if (out.json != "-")
        std::fputs(render_table(run, result).c_str(), stdout);
      std::fflush(stdout);
      well &= result.is_well();
      last = result.latency_of(outcome::ok);
    }
  }
  if (!out.json.empty())
    write_text(out.json, file.finish());
  if (!out.percentiles.empty())
    write_text(out.percentiles, render_percentiles(last));
  return well ? 0 : 1;
}

} // namespace

void add_run_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("run", "Puts one load on a server");
  const auto bound = std::make_shared<run_options>(*command);
  const auto out = std::make_shared<output_options>();
  bind(*command, *out);
  command->callback([bound, out, &status] { status = run_all({bound->finish()}, *out); });
}

void add_scenario_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand("scenario", "Makes the runs of a YAML file in turn");
  const auto path = std::make_shared<std::string>();
  const auto more = std::make_shared<std::vector<std::string>>();
  const auto out = std::make_shared<output_options>();
  command->add_option("file", *path, "The scenario")->required()->default_str("");
  command
    ->add_option_function<std::string>(
      "--url", [more](const std::string& url) { more->push_back("--url=" + url); },
      "Base URL of the server, instead of the file's")
    ->default_str("");
  command
    ->add_option_function<std::string>(
      "--pid", [more](const std::string& pid) { more->push_back("--pid=" + pid); },
      "Server process to watch")
    ->default_str("");
  bind(*command, *out);
  command->callback(
    [path, more, out, &status] { status = run_all(read_scenario(*path, *more), *out); });
}

} // namespace intermute::bench
