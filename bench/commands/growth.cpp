#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/measure/child_server.hpp"
#include "bench/measure/live_line.hpp"
#include "bench/report/result_file.hpp"

#include <cstdio>
#include <memory>

namespace intermute::bench {

namespace {

struct growth_command {
  measure_options with;
  std::size_t steps = 10;
  std::uint64_t count = 50'000;
  std::size_t connections = 64;
  std::string json;
};

double rate_of(const run_result& result) {
  return result.seconds > 0 ? static_cast<double>(result.in_window) / result.seconds : 0;
}

double p99_ms(const run_result& result) {
  return static_cast<double>(result.latency_of(outcome::ok).value_at(0.99)) / 1e6;
}

/// Sends and polls in turn on a server that keeps everything.
int grow(const growth_command& asked) {
  const auto server = child_server::intermute(asked.with.server, asked.with.work_folder);
  options send;
  send.name = "send";
  send.work = workload::send;
  send.server = server.address();
  send.pid = server.pid();
  send.connections = asked.connections;
  send.count = asked.count;
  send.warmup_seconds = 0;
  send.verify = false; // Each step would read all steps before it.
  auto page = send;
  page.name = "inbox";
  page.work = workload::inbox;
  page.limit = 20;
  result_file file;
  figure drawn{"growth",
               "rate by messages in the file",
               {"messages", false},
               {"per second", false},
               {{"send", {}}, {"inbox page of 20", {}}}};
  bool well = true;
  std::printf("%12s %12s %10s %12s %10s %10s\n", "messages", "sends/s", "p99 ms", "pages/s",
              "p99 ms", "RSS MiB");
  for (std::size_t step = 1; step <= asked.steps; ++step) {
    const auto sent = run_load(send, live_line{send.name}.sink());
    const auto read = run_load(page, live_line{page.name}.sink());
    file.add(send, sent, static_cast<int>(step));
    file.add(page, read, static_cast<int>(step));
    const auto stored = static_cast<double>(step * asked.count);
    drawn.series[0].points.push_back({stored, rate_of(sent), rate_of(sent), rate_of(sent)});
    drawn.series[1].points.push_back({stored, rate_of(read), rate_of(read), rate_of(read)});
    std::printf("%12.0f %12.0f %10.2f %12.0f %10.2f %10.1f\n", stored, rate_of(sent), p99_ms(sent),
                rate_of(read), p99_ms(read),
                static_cast<double>(read.server->rss_after_kib) / 1024);
    std::fflush(stdout);
    well &= sent.is_well() && read.is_well();
  }
  file.add(drawn);
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  return well ? 0 : 1;
}

} // namespace

void add_growth_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "growth", "Whether our server gets slower as its file grows: sends and pages, step by step");
  const auto asked = std::make_shared<growth_command>();
  add_server_flags(*command, asked->with);
  command->add_option("--steps", asked->steps, "Steps")->check(CLI::Range(1, 1000));
  command->add_option("--count", asked->count, "Messages, and pages, of a step")
    ->check(CLI::Range(1, 10'000'000));
  command->add_option("--connections", asked->connections, "Connections")
    ->check(CLI::Range(1, 9999));
  add_json_flag(*command, asked->json);
  command->callback([asked, &status] { status = grow(*asked); });
}

} // namespace intermute::bench
