#include "bench/commands/commands.hpp"
#include "bench/commands/measure_flags.hpp"
#include "bench/measure/rounds.hpp"
#include "bench/measure/sides.hpp"
#include "bench/report/result_file.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>

namespace intermute::bench {

namespace {

/// One setting of the server, or of the load, and the values it is tried with.
struct dimension {
  std::string name;
  std::string key; ///< As in `--set`; `sockets` is that of the load.
  std::vector<std::string> values;
  workload work;
};

std::vector<dimension> all_dimensions() {
  return {
    {"scheduler", "server.scheduler", {"asio", "stealing"}, workload::mixed},
    {"io-threads", "server.io_threads", {"1", "2"}, workload::mixed},
    {"batch", "writer.batch_max", {"16", "64", "256", "512", "2048"}, workload::send},
    {"checkpoint",
     "storage.checkpoint_pages",
     {"500", "1000", "2000", "4000", "8000", "16000"},
     workload::send},
    {"page-size", "storage.page_kib", {"4", "8", "16", "32"}, workload::send},
    {"outbox",
     "websocket.outbox_events_max",
     {"16", "64", "256", "1000", "4000"},
     workload::ws_fanout},
    {"sockets", "sockets", {"1", "10", "100", "1000", "4000"}, workload::ws_fanout},
  };
}

struct sweep_command {
  measure_options with;
  std::vector<std::string> only;
  std::size_t connections = 64;
  std::string json;
};

/// The figures of one value over the rounds.
struct swept {
  std::string value;
  sample rate;
  sample p99_ms;
  sample cpu_us;
};

void measure(sides& m, const dimension& one, std::size_t connections, swept& into) {
  options load;
  load.name = one.name + "=" + into.value;
  load.work = one.work;
  load.connections = one.work == workload::ws_fanout ? 4 : connections;
  load.recipients = one.work == workload::ws_fanout ? 1 : load.recipients;
  load.seconds = m.with().seconds;
  load.warmup_seconds = m.with().warmup_seconds;
  std::vector<std::string> settings;
  if (one.key == "sockets")
    load.sockets = std::stoul(into.value);
  else
    settings.push_back(one.key + "=" + into.value);
  const auto result = m.run(load, settings);
  const auto count = result.pushed ? result.pushed->deliveries : result.in_window;
  const auto& latency = result.pushed ? result.pushed->latency_ns : result.latency_of(outcome::ok);
  into.rate.values.push_back(static_cast<double>(count) / result.seconds);
  into.p99_ms.values.push_back(static_cast<double>(latency.value_at(0.99)) / 1e6);
  into.cpu_us.values.push_back(result.server->cpu_us_per_request);
}

void print(const dimension& one, const std::vector<swept>& found) {
  std::printf("\n%s (%s), %s\n%12s %12s %22s %10s %12s\n", one.name.c_str(), one.key.c_str(),
              to_string(one.work), "value", "per second", "(min to max)", "p99 ms", "CPU us/req");
  for (const auto& row : found)
    std::printf("%12s %12.0f %10.0f %11.0f %10.2f %12.2f\n", row.value.c_str(), row.rate.median(),
                row.rate.min(), row.rate.max(), row.p99_ms.median(), row.cpu_us.median());
  std::fflush(stdout);
}

void add(result_file& file, const dimension& one, const std::vector<swept>& found) {
  std::vector<std::pair<std::string, std::vector<double>>> rows;
  figure drawn{one.name,
               one.key + ", " + to_string(one.work),
               {one.key, false},
               {"per second", false},
               {{one.work == workload::ws_fanout ? "deliveries" : "requests", {}}}};
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& row = found[i];
    rows.push_back({one.key + "=" + row.value,
                    {row.rate.median(), row.rate.min(), row.rate.max(), row.p99_ms.median(),
                     row.cpu_us.median()}});
    const bool is_number = row.value.find_first_not_of("0123456789") == std::string::npos;
    drawn.series[0].points.push_back({is_number ? std::stod(row.value) : static_cast<double>(i),
                                      row.rate.median(), row.rate.min(), row.rate.max()});
    drawn.x.is_logarithmic = is_number && found.size() > 2;
  }
  file.add_table(one.name, rows, {"median", "min", "max", "p99_ms", "cpu_us_per_request"});
  file.add(drawn);
}

int sweep(const sweep_command& asked) {
  sides measured{asked.with};
  result_file file;
  bool any = false;
  for (const auto& one : all_dimensions()) {
    if (!asked.only.empty() && std::ranges::find(asked.only, one.name) == asked.only.end())
      continue;
    any = true;
    std::vector<swept> found;
    for (const auto& value : one.values)
      found.push_back({value, {}, {}, {}});
    for (int round = 0; round < asked.with.rounds; ++round)
      for (std::size_t i = 0; i < found.size(); ++i)
        measure(measured, one, asked.connections, found[round % 2 == 0 ? i : found.size() - 1 - i]);
    print(one, found);
    add(file, one, found);
  }
  if (!asked.json.empty())
    write_text(asked.json, file.finish());
  return any ? 0 : 2;
}

} // namespace

void add_sweep_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "sweep", "What one setting of our server, or the number of sockets, changes: value by value, "
             "each on a new server");
  const auto asked = std::make_shared<sweep_command>();
  std::vector<std::string> names;
  for (const auto& one : all_dimensions())
    names.push_back(one.name);
  command->add_option("names", asked->only, "Only these settings")
    ->check(CLI::IsMember(names))
    ->default_str("");
  add_server_flags(*command, asked->with);
  add_round_flags(*command, asked->with);
  command->add_option("--connections", asked->connections, "Connections of the load")
    ->check(CLI::Range(1, 9999));
  add_json_flag(*command, asked->json);
  command->callback([asked, &status] { status = sweep(*asked); });
}

} // namespace intermute::bench
