#include "bench/load/shard.hpp"

#include "bench/load/connection.hpp"

namespace intermute::bench {

shard::shard(const options& run, double share, std::uint64_t count, std::uint64_t seed)
  : strict_{!run.plain_refusals}, by_count_{run.count > 0}, left_{count} {
  if (run.rate > 0)
    paced_.emplace(run.rate * share, run.arrive, seed);
}

void shard::open(const window& measured) {
  measured_ = measured;
  counted_ = tally{measured, strict_};
}

bool shard::take_turn(bench_clock::time_point now) {
  if (!by_count_)
    return now < measured_.end;
  if (left_ == 0)
    return false;
  --left_;
  return true;
}

std::optional<bench_clock::time_point> shard::take_due() {
  if (due_.empty())
    return std::nullopt;
  const auto when = due_.front();
  due_.pop_front();
  return when;
}

void shard::left() {
  if (--active_ > 0)
    return;
  look_.cancel();
  next_.cancel();
}

void shard::start() {
  if (!paced_)
    return;
  paced_->start_at(bench_clock::now());
  hand_out();
}

void shard::hand_out() {
  const auto now = bench_clock::now();
  // Ends: the pacer always gets on, by turn or by time.
  while (paced_->next() <= now) {
    if (!take_turn(paced_->next()))
      return end();
    due_.push_back(paced_->next());
    paced_->advance();
  }
  while (!due_.empty() && !idle_.empty()) { // Ends: each round takes one idle connection.
    connection* const one = idle_.front();
    idle_.pop_front();
    one->proceed();
  }
  next_.expires_at(paced_->next());
  next_.async_wait([this](boost::system::error_code failure) {
    if (!failure)
      hand_out();
  });
}

void shard::end() {
  over_ = true;
  if (!by_count_) {
    counted_.unsent += due_.size();
    due_.clear();
  }
  std::deque<connection*> resting;
  resting.swap(idle_);
  for (connection* const one : resting)
    one->proceed();
}

} // namespace intermute::bench
