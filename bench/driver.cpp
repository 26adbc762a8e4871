#include "bench/driver.hpp"

#include "bench/audit.hpp"
#include "bench/blocking_client.hpp"
#include "bench/fleet.hpp"
#include "bench/observer.hpp"

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

namespace intermute::bench {

namespace {

using std::chrono::duration;
using std::chrono::duration_cast;

bench_clock::duration to_clock(double seconds) {
  return duration_cast<bench_clock::duration>(duration<double>{seconds});
}

std::string random_mark() {
  std::random_device random;
  std::string mark;
  for (int i = 0; i < 8; ++i)
    mark += "0123456789abcdef"[random() % 16];
  return mark;
}

/// Brings the inboxes of one project to at least a page, with messages that go to all of them.
void fill_pages(const request_plan& plan, blocking_client& client, std::size_t project) {
  const auto have = parse_inbox_page(client.ask(plan.page(project, 0))).entries.size();
  std::vector<std::size_t> everyone(plan.run().recipients);
  std::iota(everyone.begin(), everyone.end(), std::size_t{0});
  for (std::size_t i = have; i < plan.run().limit; ++i) {
    // Connection n works in project n mod projects, so the project's number is one of its own.
    const auto& answer
      = client.ask(plan.send_request(project, "fill-" + random_mark() + random_mark(), everyone));
    if (outcome_of(answer.status) != outcome::ok)
      throw std::runtime_error("filling an inbox: status " + std::to_string(answer.status));
  }
}

std::uint64_t newest_cursor(const request_plan& plan, blocking_client& client, std::size_t project,
                            std::size_t recipient) {
  std::uint64_t since = 0;
  for (;;) {
    const auto page
      = parse_inbox_page(client.ask(plan.inbox_request(project, recipient, since, 1000)));
    if (page.entries.empty() || page.cursor <= since)
      return since;
    since = page.cursor;
  }
}

/// Makes the server hold what the workload reads, and finds where polling has nothing to find.
void prepare(request_plan& plan, blocking_client& client) {
  const options& run = plan.run();
  if (run.work == workload::inbox || run.work == workload::mixed)
    for (std::size_t project = 0; project < run.projects; ++project)
      fill_pages(plan, client, project);
  // `mixed` sends while it polls, so only a cursor beyond all others stays empty.
  constexpr std::uint64_t beyond_all = std::uint64_t{1} << 52;
  std::vector<std::uint64_t> newest(run.projects * run.recipients, beyond_all);
  if (run.work == workload::poll)
    for (std::size_t i = 0; i < newest.size(); ++i)
      newest[i] = newest_cursor(plan, client, i / run.recipients, i % run.recipients);
  plan.set_poll_cursors(newest);
}

void gather(const fleet& worked, const window& measured, run_result& result) {
  for (const auto& home : worked.shards())
    result.counted.merge(home.counted);
  for (std::size_t what = 0; what < operations; ++what)
    for (std::size_t how = 0; how < outcomes; ++how)
      result.in_window
        += result.counted.of(static_cast<operation>(what), static_cast<outcome>(how)).in_window;
  const auto end = std::min(measured.end, result.counted.last_answer);
  result.seconds = std::max(0.0, duration<double>{end - measured.begin}.count());
}

void verify(const request_plan& plan, const fleet& worked, blocking_client& client,
            run_result& result) {
  const auto ledgers = worked.ledgers();
  audit check{plan, ledgers};
  read_back(plan, client, check);
  result.counted.broken_promises.merge(check.finish());
  result.verified = verify_figures{check.accepted(), check.entries_seen()};
}

} // namespace

run_result run_load(const options& run) {
  const auto server = resolve(run.server);
  blocking_client client{server};
  request_plan plan{run, random_mark()};
  prepare(plan, client);
  observer watching{run.pid};
  fleet working{plan, server};
  window measured;
  measured.begin = bench_clock::now() + to_clock(run.warmup_seconds);
  measured.end
    = run.count > 0 ? bench_clock::time_point::max() : measured.begin + to_clock(run.seconds);
  working.start(measured, to_clock(run.answer_seconds));
  watching.watch(working, measured);
  working.join();
  run_result result{measured};
  gather(working, measured, result);
  watching.conclude(result);
  if (run.verify)
    verify(plan, working, client, result);
  return result;
}

} // namespace intermute::bench
