#include "bench/report/run_report.hpp"

namespace intermute::bench {

namespace {

void put_key(json_writer& json, const std::string& key) {
  json.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void put_text(json_writer& json, const char* key, const std::string& text) {
  json.Key(key);
  json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put_number(json_writer& json, const char* key, double value) {
  json.Key(key);
  json.Double(value);
}

void put_count(json_writer& json, const char* key, std::uint64_t value) {
  json.Key(key);
  json.Uint64(value);
}

template <class Key>
void put_counts(json_writer& json, const char* key, const std::map<Key, std::uint64_t>& counts) {
  json.Key(key);
  json.StartObject();
  for (const auto& [name, number] : counts) {
    if constexpr (std::is_same_v<Key, int>)
      put_key(json, std::to_string(name));
    else
      put_key(json, name);
    json.Uint64(number);
  }
  json.EndObject();
}

void put_latency(json_writer& json, const histogram& latency) {
  const auto microseconds = [](std::uint64_t ns) { return static_cast<double>(ns) / 1e3; };
  json.Key("latency_us");
  json.StartObject();
  put_number(json, "min", microseconds(latency.min()));
  put_number(json, "mean", latency.mean() / 1e3);
  put_number(json, "p50", microseconds(latency.value_at(0.5)));
  put_number(json, "p90", microseconds(latency.value_at(0.9)));
  put_number(json, "p99", microseconds(latency.value_at(0.99)));
  put_number(json, "p99_9", microseconds(latency.value_at(0.999)));
  put_number(json, "max", microseconds(latency.max()));
  json.EndObject();
}

double per_second(std::uint64_t count, const run_result& result) {
  return result.seconds > 0 ? static_cast<double>(count) / result.seconds : 0;
}

void put_series(json_writer& json, const run_result& result) {
  json.Key("series");
  json.StartArray();
  for (std::size_t i = 0; i < operations * outcomes; ++i) {
    const auto what = static_cast<operation>(i / outcomes);
    const auto how = static_cast<outcome>(i % outcomes);
    const series& row = result.counted.of(what, how);
    if (row.latency_ns.count() == 0)
      continue;
    json.StartObject();
    put_text(json, "operation", to_string(what));
    put_text(json, "outcome", to_string(how));
    put_count(json, "count", row.latency_ns.count());
    put_number(json, "rate", per_second(row.in_window, result));
    put_latency(json, row.latency_ns);
    json.EndObject();
  }
  json.EndArray();
}

void put_server(json_writer& json, const process_figures& server) {
  json.Key("server");
  json.StartObject();
  put_number(json, "cpu_us_per_request", server.cpu_us_per_request);
  put_count(json, "rss_before_kib", server.rss_before_kib);
  put_count(json, "rss_after_kib", server.rss_after_kib);
  put_count(json, "rss_max_kib", server.rss_max_kib);
  json.EndObject();
}

void put_pushes(json_writer& json, const run_result& result) {
  json.Key("pushes");
  json.StartObject();
  put_count(json, "deliveries", result.pushed->deliveries);
  put_number(json, "rate", per_second(result.pushed->deliveries, result));
  put_latency(json, result.pushed->latency_ns);
  json.EndObject();
}

void put_verified(json_writer& json, const verify_figures& verified) {
  json.Key("verified");
  json.StartObject();
  put_count(json, "accepted", verified.accepted);
  put_count(json, "entries_seen", verified.entries_seen);
  put_count(json, "reservations", verified.holds);
  json.EndObject();
}

void put_violations(json_writer& json, const violations& broken) {
  put_counts(json, "violations", broken.by_kind());
  json.Key("violation_examples");
  json.StartArray();
  for (const auto& example : broken.examples())
    json.String(example.data(), static_cast<rapidjson::SizeType>(example.size()));
  json.EndArray();
}

} // namespace

void put_run(json_writer& json, const options& run, const run_result& result, int round) {
  json.StartObject();
  put_text(json, "name", run.name);
  put_count(json, "round", static_cast<std::uint64_t>(round));
  put_text(json, "workload", to_string(run.work));
  put_count(json, "connections", run.connections);
  put_count(json, "threads", run.threads);
  put_number(json, "rate_asked", run.rate);
  put_number(json, "seconds", result.seconds);
  put_count(json, "requests", result.counted.requests());
  put_count(json, "unsent", result.counted.unsent);
  put_number(json, "load_program_cores", result.own_cpu_share);
  put_series(json, result);
  put_counts(json, "status", result.counted.by_status);
  put_counts(json, "codes", result.counted.by_code);
  put_counts(json, "refusals", result.counted.by_refusal);
  put_counts(json, "connection_errors", result.counted.by_connection_error);
  if (result.server)
    put_server(json, *result.server);
  if (result.pushed)
    put_pushes(json, result);
  if (result.verified)
    put_verified(json, *result.verified);
  put_violations(json, result.counted.broken_promises);
  json.EndObject();
}

} // namespace intermute::bench
