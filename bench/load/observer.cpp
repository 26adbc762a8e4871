#include "bench/load/observer.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace intermute::bench {

using seconds = std::chrono::duration<double>;

observer::observer(int pid, progress_sink tell) : pid_{pid}, tell_{std::move(tell)} {
  if (const auto now = sample())
    figures_.rss_before_kib = now->rss_kib;
  else if (pid_ != 0)
    throw std::runtime_error("no process " + std::to_string(pid_));
}

void observer::watch(crew& working, const window& measured) {
  while (working.is_running() && bench_clock::now() < measured.begin)
    step(working, measured, measured.begin);
  const auto server_before = sample();
  const double own_before = own_cpu_seconds();
  while (working.is_running() && bench_clock::now() < measured.end)
    step(working, measured, measured.end);
  own_cpu_ = own_cpu_seconds() - own_before;
  if (const auto now = sample(); now && server_before)
    server_cpu_ = now->cpu_seconds - server_before->cpu_seconds;
}

void observer::conclude(run_result& result) {
  result.own_cpu_share = result.seconds > 0 ? own_cpu_ / result.seconds : 0;
  if (pid_ == 0)
    return;
  if (const auto now = sample())
    figures_.rss_after_kib = now->rss_kib;
  if (result.in_window > 0)
    figures_.cpu_us_per_request = server_cpu_ * 1e6 / static_cast<double>(result.in_window);
  result.server = figures_;
}

std::optional<process_sample> observer::sample() {
  if (pid_ == 0)
    return std::nullopt;
  const auto now = sample_process(pid_);
  if (now)
    figures_.rss_max_kib = std::max(figures_.rss_max_kib, now->rss_kib);
  return now;
}

void observer::step(crew& working, const window& measured, bench_clock::time_point until) {
  sample();
  const auto next = bench_clock::now() + std::chrono::milliseconds{20};
  std::this_thread::sleep_until(std::min(next, until));
  const auto now = bench_clock::now();
  const double passed = seconds{now - told_}.count();
  if (!tell_ || passed < 1)
    return;
  told_ = now;
  histogram recent;
  working.take_recent(recent);
  tell_({seconds{now - measured.begin}.count(), static_cast<double>(recent.count()) / passed,
         static_cast<double>(recent.value_at(0.99)) / 1e6});
}

} // namespace intermute::bench
