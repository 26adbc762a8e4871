#include "bench/measure/sides.hpp"

#include "bench/load/blocking_client.hpp"
#include "bench/load/request_plan.hpp"
#include "bench/measure/child_server.hpp"
#include "bench/measure/highest_rate.hpp"
#include "bench/measure/program_output.hpp"
#include "bench/yardsticks/micro.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <stdexcept>

namespace intermute::bench {

namespace {

double rate_of(const run_result& result, outcome how) {
  std::uint64_t count = 0;
  for (std::size_t what = 0; what < operations; ++what)
    count += result.counted.of(static_cast<operation>(what), how).in_window;
  return result.seconds > 0 ? static_cast<double>(count) / result.seconds : 0;
}

double milliseconds(const histogram& latency, double quantile) {
  return static_cast<double>(latency.value_at(quantile)) / 1e6;
}

void require_well(const options& load, const run_result& result) {
  if (result.is_well())
    return;
  std::string why = load.name + ": nothing was answered";
  for (const auto& [kind, count] : result.counted.broken_promises.by_kind())
    why = load.name + ": " + kind + ", " + std::to_string(count) + " times";
  throw std::runtime_error(why);
}

} // namespace

options sides::base(workload work, std::size_t connections) const {
  options load;
  load.name = to_string(work);
  load.work = work;
  load.connections = connections;
  load.seconds = with_.seconds;
  load.warmup_seconds = with_.warmup_seconds;
  return load;
}

double sides::yardstick(const std::string& kind, options load, std::size_t body_bytes) {
  const auto server = child_server::yardstick(kind, body_bytes);
  load.server = server.address();
  load.verify = false;
  const auto result = run_load(load);
  require_well(load, result);
  return rate_of(result, outcome::ok);
}

double sides::hello(std::size_t connections) {
  return yardstick("hello", base(workload::health, connections), 0);
}

double sides::fixed_page(std::size_t connections) {
  return yardstick("page", base(workload::health, connections), page_bytes_);
}

double sides::echo(std::size_t connections) {
  return yardstick("echo", base(workload::send, connections), 0);
}

double sides::writer_alone() {
  micro_options only;
  only.rounds = 1;
  only.seconds = with_.seconds;
  only.work_folder = with_.work_folder;
  only.only = {"writer.named_64"};
  return run_micro(only, {}).at(0).median;
}

double sides::nats() {
  if (with_.nats.empty())
    return 0;
  const auto text = output_of(with_.nats, {"--seconds", std::to_string(with_.seconds)});
  rapidjson::Document document;
  document.Parse(text.data(), text.size());
  const bool is_figure = !document.HasParseError() && document.IsObject()
                         && document.HasMember("rate") && document["rate"].IsNumber();
  return is_figure ? document["rate"].GetDouble() : 0;
}

run_result sides::run(options load, const std::vector<std::string>& settings) {
  const auto server = child_server::intermute(with_.server, with_.work_folder, settings);
  load.server = server.address();
  load.pid = server.pid();
  auto result = run_load(load);
  require_well(load, result);
  if (load.work == workload::inbox) {
    request_plan plan{load, "00000000"};
    blocking_client client{resolve(load.server)};
    page_bytes_
      = client.ask(plan.inbox_request(0, plan.recipient(0, 0), 0, load.limit)).body.size();
  }
  return result;
}

double sides::send(std::size_t connections, std::size_t projects,
                   const std::vector<std::string>& settings) {
  auto load = base(workload::send, connections);
  load.projects = projects;
  return rate_of(run(load, settings), outcome::ok);
}

double sides::inbox(std::size_t connections) {
  auto load = base(workload::inbox, connections);
  load.limit = 20;
  return rate_of(run(load), outcome::ok);
}

double sides::poll(std::size_t connections) {
  return rate_of(run(base(workload::poll, connections)), outcome::ok);
}

double sides::fanout(std::size_t sockets) {
  auto load = base(workload::ws_fanout, 4);
  load.sockets = sockets;
  load.recipients = 1;
  const auto result = run(load);
  return static_cast<double>(result.pushed->deliveries) / result.seconds;
}

options sides::steady_fanout(std::size_t sockets) const {
  auto load = base(workload::ws_fanout, 4);
  load.sockets = sockets;
  load.recipients = 1;
  load.rate = 20;
  load.arrive = arrivals::even;
  load.seconds = std::max(with_.seconds, 4.0); // A p99 of few events is that of the worst one.
  return load;
}

double sides::post_latency(std::size_t sockets) {
  return milliseconds(run(steady_fanout(sockets)).latency_of(outcome::ok), 0.5);
}

double sides::push_latency(std::size_t stuck) {
  auto load = steady_fanout(1000);
  load.stuck = stuck;
  return milliseconds(run(load).pushed->latency_ns, 0.99);
}

double sides::fleet() {
  auto load = base(workload::fleet, 200);
  load.projects = 8;
  load.recipients = 25;
  load.threads = 1;
  const auto server = child_server::intermute(with_.server, with_.work_folder);
  load.server = server.address();
  return highest_rate(load, {50, 7}, [](const options&, const run_result&, const rate_point&) {})
    .asked;
}

} // namespace intermute::bench
