#include "bench/options.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace intermute::bench {

namespace {

constexpr std::array workloads{workload::health, workload::send, workload::inbox, workload::poll,
                               workload::mixed};

/// @throws CLI::ValidationError  When there is no such workload.
workload parse_workload(const std::string& name) {
  for (const workload known : workloads)
    if (name == to_string(known))
      return known;
  throw CLI::ValidationError("workload", "is not known: " + name);
}

/// @throws CLI::ValidationError  When `url` is anything but `http://host:port`.
server_address parse_address(std::string url) {
  const std::string scheme = "http://";
  const bool known = url.starts_with(scheme);
  url.erase(0, known ? scheme.size() : 0);
  if (url.ends_with('/'))
    url.pop_back();
  const auto colon = url.rfind(':');
  if (!known || url.empty() || colon == 0 || url.find('/') != std::string::npos)
    throw CLI::ValidationError("--url", "must look like http://host:port");
  if (colon == std::string::npos)
    return {url, "80"};
  return {url.substr(0, colon), url.substr(colon + 1)};
}

/// @throws CLI::ValidationError  When two options contradict each other.
void check_together(const options& run) {
  if (run.fanout > run.recipients)
    throw CLI::ValidationError("--fanout", "must not exceed --recipients");
  if (run.projects * run.recipients > 100'000)
    throw CLI::ValidationError("--recipients", "times --projects must not exceed 100000");
  if (run.verify && run.work != workload::send && run.work != workload::mixed)
    throw CLI::ValidationError("--verify", "needs the workload send or mixed");
}

void add_options(CLI::App& app, options& run, std::string& work, std::string& url) {
  app.add_option("workload", work, "health, send, inbox, poll or mixed")
    ->required()
    ->default_str("");
  app.add_option("--url", url, "Base URL of the server");
  app.add_option("--threads", run.threads, "Threads of this program")->check(CLI::Range(1, 64));
  app.add_option("--connections", run.connections, "Closed-loop connections")
    ->check(CLI::Range(1, 9999));
  auto* seconds
    = app.add_option("--seconds", run.seconds, "Measured time")->check(CLI::Range(0.1, 86400.0));
  auto* warmup = app.add_option("--warmup", run.warmup_seconds, "Unmeasured seconds before")
                   ->check(CLI::Range(0.0, 3600.0));
  app.add_option("--count", run.count, "Stop after this many requests instead")
    ->excludes(seconds)
    ->excludes(warmup);
  app.add_option("--recipients", run.recipients, "Inboxes per project")->check(CLI::Range(1, 9999));
  app.add_option("--fanout", run.fanout, "Recipients per message")->check(CLI::Range(1, 9999));
  app.add_option("--projects", run.projects, "Projects")->check(CLI::Range(1, 999));
  app.add_option("--body-bytes", run.body_bytes, "Bytes per message body")
    ->check(CLI::Range(0, 1'000'000));
  app.add_option("--limit", run.limit, "Messages per inbox page")->check(CLI::Range(1, 1000));
  app.add_option("--answer-seconds", run.answer_seconds, "Slower answers are missing")
    ->check(CLI::Range(0.1, 600.0));
  app.add_option("--pid", run.pid, "Server process to watch")->check(CLI::NonNegativeNumber);
  app.add_flag("--verify", run.verify, "Read back what was accepted; a difference exits 1");
  app.add_flag("--json", run.json, "Print one JSON object");
}

} // namespace

const char* to_string(workload value) noexcept {
  switch (value) {
  case workload::health: return "health";
  case workload::send: return "send";
  case workload::inbox: return "inbox";
  case workload::poll: return "poll";
  case workload::mixed: return "mixed";
  }
  return "?";
}

const char* to_string(operation value) noexcept {
  switch (value) {
  case operation::health: return "health";
  case operation::send: return "send";
  case operation::inbox: return "inbox";
  case operation::poll: return "poll";
  }
  return "?";
}

parsed_options parse_options(int argc, char** argv) {
  parsed_options parsed;
  options& run = parsed.run;
  std::string work;
  std::string url = "http://127.0.0.1:7338";
  CLI::App app{"Puts load on a coordination server (contract v0), measures and verifies it.",
               "intermute-load"};
  app.option_defaults()->always_capture_default();
  add_options(app, run, work, url);
  try {
    app.parse(argc, argv);
    run.work = parse_workload(work);
    run.server = parse_address(url);
    check_together(run);
  } catch (const CLI::ParseError& failure) {
    parsed.leave = true;
    parsed.exit_code = app.exit(failure) == 0 ? 0 : 2;
  }
  if (run.count > 0)
    run.warmup_seconds = 0;
  return parsed;
}

} // namespace intermute::bench
