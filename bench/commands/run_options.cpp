#include "bench/commands/run_options.hpp"

namespace intermute::bench {

namespace {

/// @throws CLI::ValidationError  When there is no such workload.
workload parse_workload(const std::string& name) {
  std::string known;
  for (std::size_t i = 0; i < workloads; ++i) {
    const auto one = static_cast<workload>(i);
    if (name == to_string(one))
      return one;
    known += (i == 0 ? "" : ", ") + std::string{to_string(one)};
  }
  throw CLI::ValidationError("workload", "\"" + name + "\" is not one of " + known);
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

/// Fits what a workload fixes by itself.
void fit(options& run) {
  if (run.count > 0)
    run.warmup_seconds = 0;
  if (run.work == workload::ws_fanout) {
    run.projects = 1;
    run.fanout = 1;
    run.recipients = run.singles ? run.sockets : 1;
  }
  if (run.work == workload::fleet)
    run.recipients = std::max<std::size_t>(1, run.connections / run.projects);
}

/// @throws CLI::ValidationError  When two options contradict each other.
void check_together(const options& run) {
  if (run.fanout > run.recipients)
    throw CLI::ValidationError("--fanout", "must not exceed --recipients");
  if (run.projects * run.recipients > 100'000)
    throw CLI::ValidationError("--recipients", "times --projects must not exceed 100000");
  if (run.projects > run.connections)
    throw CLI::ValidationError("--projects", "must not exceed --connections");
  if (run.recipients > 9'999)
    throw CLI::ValidationError("--sockets", "with --singles must not exceed 9999");
}

} // namespace

run_options::run_options(CLI::App& app, std::string fixed) : work_{std::move(fixed)} {
  using CLI::Range;
  if (work_.empty())
    app
      .add_option("workload", work_,
                  "health, send, inbox, poll, mixed, heartbeat, reserve, check, fleet or ws-fanout")
      ->required()
      ->default_str("");
  app.add_option("--url", url_, "Base URL of the server");
  app.add_option("--key", run_.key, "API key, sent as bearer")->envname("INTERMUTE_API_KEY");
  app.add_option("--name", run_.name, "Name of the run in reports");
  app.add_option("--threads", run_.threads, "Threads of this program")->check(Range(1, 64));
  app.add_option("--connections", run_.connections, "Connections, each an agent of its own")
    ->check(Range(1, 9999));
  app.add_option("--rate", run_.rate, "Open loop: requests per second in all; 0 for closed loop")
    ->check(Range(0.0, 10'000'000.0));
  app.add_option("--arrivals", arrivals_, "Open loop: poisson or even")
    ->check(CLI::IsMember({"poisson", "even"}));
  auto* seconds
    = app.add_option("--seconds", run_.seconds, "Measured time")->check(Range(0.1, 86400.0));
  auto* warmup = app.add_option("--warmup", run_.warmup_seconds, "Unmeasured seconds before")
                   ->check(Range(0.0, 3600.0));
  app.add_option("--count", run_.count, "Stop after this many requests instead")
    ->excludes(seconds)
    ->excludes(warmup);
  app.add_option("--recipients", run_.recipients, "Inboxes per project")->check(Range(1, 9999));
  app.add_option("--fanout", run_.fanout, "Recipients per message")->check(Range(1, 9999));
  app.add_option("--projects", run_.projects, "Projects")->check(Range(1, 999));
  app
    .add_option("--zipf", run_.zipf,
                "Skew of inboxes and files: the k-th in proportion to 1/k^skew")
    ->check(Range(0.0, 4.0));
  app.add_option("--holds", run_.holds, "Live reservations made beforehand")
    ->check(Range(0, 100'000));
  app.add_option("--sockets", run_.sockets, "ws-fanout: WebSockets")->check(Range(1, 20'000));
  app.add_option("--stuck", run_.stuck, "ws-fanout: more WebSockets that never read")
    ->check(Range(0, 1000));
  app.add_flag("--singles", run_.singles, "ws-fanout: an event goes to one socket, not to all");
  app.add_option("--body-bytes", run_.body_bytes, "Bytes per message body")
    ->check(Range(0, 1'000'000));
  app.add_option("--limit", run_.limit, "Messages per inbox page")->check(Range(1, 1000));
  app.add_option("--answer-seconds", run_.answer_seconds, "Slower answers are missing")
    ->check(Range(0.1, 600.0));
  app.add_option("--pid", run_.pid, "Server process to watch")->check(CLI::NonNegativeNumber);
  app.add_flag("--no-verify", unverified_, "Do not read back what was accepted");
  app.add_flag("--plain-refusals", run_.plain_refusals,
               "For other servers: a 429 or 503 need not name a mailbox");
}

options run_options::finish() const {
  options run = run_;
  run.work = parse_workload(work_);
  run.server = parse_address(url_);
  run.arrive = arrivals_ == "even" ? arrivals::even : arrivals::poisson;
  run.verify = !unverified_;
  if (run.name.empty())
    run.name = work_;
  fit(run);
  check_together(run);
  return run;
}

} // namespace intermute::bench
