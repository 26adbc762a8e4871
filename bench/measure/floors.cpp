#include "bench/measure/floors.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <stdexcept>

namespace intermute::bench {

namespace {

double quotient(const std::vector<double>& medians) { return medians[0] / medians[1]; }

/// Of a send, E and W: what both of them one after the other would leave.
double of_both(const std::vector<double>& medians) {
  return medians[0] * (1 / medians[1] + 1 / medians[2]);
}

/// Of a fleet's rate and bare hello: the rate where hello makes 100,000 per second.
double per_100k_hello(const std::vector<double>& medians) {
  return medians[0] / medians[1] * 100'000;
}

} // namespace

std::vector<floor> all_floors(sides& m) {
  const side hello{"hello, 64 connections", [&m] { return m.hello(64); }};
  const side echo{"echo through an actor, 64 connections", [&m] { return m.echo(64); }};
  const side writer{"writer alone, batch 64", [&m] { return m.writer_alone(); }};
  const side send{"send, 64 connections", [&m] { return m.send(64); }};
  const side send_256{"send, 256 connections", [&m] { return m.send(256); }};
  const side send_1{"send, 1 connection", [&m] { return m.send(1); }};
  const side send_16{"send, 64 connections, 16 projects", [&m] { return m.send(64, 16); }};
  return {
    {"send_64", "send / (1 / (1/echo + 1/writer))", {send, echo, writer}, false, of_both},
    {"send_256", "send / (1 / (1/echo + 1/writer))", {send_256, echo, writer}, false, of_both},
    {"send_nats",
     "send / NATS JetStream publish",
     {send, {"NATS, 64 publishers", [&m] { return m.nats(); }}},
     false,
     quotient},
    {"inbox_20",
     "page of 20 / fixed body of that size",
     {{"inbox, 64 connections", [&m] { return m.inbox(64); }},
      {"fixed body, 64 connections", [&m] { return m.fixed_page(64); }}},
     false,
     quotient},
    {"poll",
     "poll / hello",
     {{"poll, 64 connections", [&m] { return m.poll(64); }}, hello},
     false,
     quotient},
    {"fanout_1000",
     "deliveries / hello",
     {{"deliveries, 1,000 sockets", [&m] { return m.fanout(1000); }}, hello},
     false,
     quotient},
    {"fanout_post",
     "p50 of a POST to 1,000 sockets / to 10",
     {{"p50 ms, 1,000 sockets", [&m] { return m.post_latency(1000); }},
      {"p50 ms, 10 sockets", [&m] { return m.post_latency(10); }}},
     true,
     quotient},
    {"fanout_stuck",
     "p99 beside 50 stuck sockets / without",
     {{"p99 ms, 50 stuck", [&m] { return m.push_latency(50); }},
      {"p99 ms, none stuck", [&m] { return m.push_latency(0); }}},
     true,
     quotient},
    {"fleet_200",
     "highest rate with p99 < 50 ms where hello makes 100,000",
     {{"fleet of 200", [&m] { return m.fleet(); }}, hello},
     false,
     per_100k_hello},
    {"send_projects", "16 projects / 1 project", {send_16, send}, false, quotient},
    {"send_clients", "64 clients / 1 client", {send, send_1}, false, quotient},
  };
}

floor_result measure_floor(const floor& one, double bound, int rounds) {
  floor_result result;
  result.bound = bound;
  result.samples = alternate(one.sides, rounds);
  std::vector<double> medians;
  for (const auto& values : result.samples)
    medians.push_back(values.median());
  result.skipped = std::ranges::any_of(medians, [](double value) { return value <= 0; });
  if (result.skipped)
    return result;
  result.ratio = one.ratio(medians);
  result.met = one.is_ceiling ? result.ratio <= bound : result.ratio >= bound;
  return result;
}

std::map<std::string, double> read_bounds(const std::string& path) {
  std::map<std::string, double> bounds;
  try {
    for (const auto& pair : YAML::LoadFile(path)) {
      const auto bound = pair.second.as<double>();
      if (!(bound > 0))
        throw std::runtime_error(path + ": " + pair.first.Scalar() + " must be above 0");
      bounds[pair.first.Scalar()] = bound;
    }
  } catch (const YAML::Exception& failure) {
    throw std::runtime_error(path + ": " + failure.what());
  }
  return bounds;
}

} // namespace intermute::bench
