#include "bench/load/driver.hpp"

#include "bench/load/audit.hpp"
#include "bench/load/blocking_client.hpp"
#include "bench/load/crew.hpp"
#include "bench/load/hold_book.hpp"
#include "bench/load/listeners.hpp"
#include "bench/load/observer.hpp"
#include "bench/load/preparation.hpp"

#include <algorithm>
#include <random>

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

void gather(const crew& worked, const window& measured, run_result& result) {
  for (const auto& home : worked.shards())
    result.counted.merge(home.counted());
  for (std::size_t what = 0; what < operations; ++what)
    for (std::size_t how = 0; how < outcomes; ++how)
      result.in_window
        += result.counted.of(static_cast<operation>(what), static_cast<outcome>(how)).in_window;
  const auto end = std::min(measured.end, result.counted.last_answer);
  result.seconds = std::max(0.0, duration<double>{end - measured.begin}.count());
}

void verify(const request_plan& plan, const crew& worked, hold_book& holds, blocking_client& client,
            run_result& result) {
  const auto ledgers = worked.ledgers();
  audit check{plan, ledgers};
  if (std::ranges::any_of(ledgers, [](const ledger* one) { return one != nullptr; }))
    read_back(plan, client, check);
  result.counted.broken_promises.merge(check.finish());
  const auto held = holds.live();
  if (plan.run().work == workload::reserve || plan.run().work == workload::fleet)
    read_holds(plan, client, holds);
  result.counted.broken_promises.merge(holds.finish());
  result.verified = verify_figures{check.accepted(), check.entries_seen(), held};
}

} // namespace

histogram run_result::latency_of(outcome how) const {
  histogram all;
  for (std::size_t what = 0; what < operations; ++what)
    all.merge(counted.of(static_cast<operation>(what), how).latency_ns);
  return all;
}

run_result run_load(const options& run, const std::function<void(const progress&)>& tell) {
  const auto server = resolve(run.server);
  blocking_client client{server};
  request_plan plan{run, random_mark()};
  prepare(plan, client);
  observer watching{run.pid, tell};
  hold_book holds{plan};
  std::optional<listeners> sockets;
  if (run.work == workload::ws_fanout)
    sockets.emplace(plan, server);
  crew working{{plan, holds, sockets ? &sockets->times() : nullptr}, server};
  window measured;
  measured.begin = bench_clock::now() + to_clock(run.warmup_seconds);
  measured.end
    = run.count > 0 ? bench_clock::time_point::max() : measured.begin + to_clock(run.seconds);
  if (sockets)
    sockets->start(measured);
  working.start(measured, to_clock(run.answer_seconds));
  watching.watch(working, measured);
  working.join();
  run_result result{measured};
  gather(working, measured, result);
  watching.conclude(result);
  if (sockets)
    sockets->conclude(working.ledgers(), to_clock(run.answer_seconds), result);
  if (run.verify)
    verify(plan, working, holds, client, result);
  return result;
}

} // namespace intermute::bench
