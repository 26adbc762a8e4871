#include "domain/restart_policy.hpp"

#include <algorithm>

namespace intermute::domain {

std::optional<std::chrono::milliseconds> restart_record::crashed(const restart_limits& limits,
                                                                 base::steady_time now) {
  while (!crashes_.empty() && now - crashes_.front() >= limits.window) // Ends: one off per round.
    crashes_.pop_front();
  if (crashes_.size() >= limits.restarts_max)
    return std::nullopt;
  const auto doublings = std::min<std::size_t>(crashes_.size(), 20);
  crashes_.push_back(now);
  return std::min<std::chrono::milliseconds>(limits.pause_min * (std::int64_t{1} << doublings),
                                             limits.pause_max);
}

} // namespace intermute::domain
