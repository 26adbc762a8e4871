#include "bench/load/crew.hpp"

#include <algorithm>

namespace intermute::bench {

namespace {

constexpr std::chrono::milliseconds look_interval{100};

} // namespace

crew::crew(const shared_books& shared, const boost::asio::ip::tcp::endpoint& server) {
  const options& run = shared.plan.run();
  const std::size_t threads = std::min(run.threads, run.connections);
  for (std::size_t i = 0; i < threads; ++i)
    shards_.emplace_back(run, 1.0 / static_cast<double>(threads),
                         run.count / threads + (i < run.count % threads ? 1 : 0), i + 1);
  for (std::size_t i = 0; i < run.connections; ++i)
    connections_.emplace_back(shards_[i % threads], make_requester(shared, i), server).connect();
}

void crew::start(const window& measured, bench_clock::duration answer_limit) {
  for (auto& home : shards_)
    home.open(measured);
  for (auto& one : connections_)
    one.start();
  running_ = shards_.size();
  for (std::size_t i = 0; i < shards_.size(); ++i)
    threads_.emplace_back([this, i, answer_limit] { run_shard(i, answer_limit); });
}

void crew::take_recent(histogram& into) {
  for (auto& home : shards_)
    home.recent().take(into);
}

std::vector<const ledger*> crew::ledgers() const {
  std::vector<const ledger*> all;
  for (const auto& one : connections_)
    all.push_back(one.sent_messages());
  return all;
}

void crew::run_shard(std::size_t index, bench_clock::duration answer_limit) {
  look_for_missing(index, answer_limit);
  shards_[index].start();
  // Ends because every connection finishes: by turn, by time, or after too many failures; the
  // last one cancels the timers of the shard.
  shards_[index].io().run();
  --running_;
}

void crew::look_for_missing(std::size_t index, bench_clock::duration answer_limit) {
  shard& home = shards_[index];
  if (home.active() == 0)
    return;
  home.look().expires_after(look_interval);
  home.look().async_wait([this, index, answer_limit](boost::system::error_code) {
    const auto now = bench_clock::now();
    for (std::size_t i = index; i < connections_.size(); i += shards_.size())
      connections_[i].give_up_after(now, answer_limit);
    look_for_missing(index, answer_limit);
  });
}

} // namespace intermute::bench
