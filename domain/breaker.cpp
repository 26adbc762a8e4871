#include "domain/breaker.hpp"

#include <algorithm>

namespace intermute::domain {

std::string_view to_string(breaker_state state) noexcept {
  switch (state) {
  case breaker_state::closed: return "closed";
  case breaker_state::open: return "open";
  case breaker_state::half_open: break;
  }
  return "half_open";
}

bool breaker::admit(base::steady_time now) {
  if (state_ == breaker_state::closed)
    return true;
  if (state_ == breaker_state::half_open || now < probe_at_)
    return false;
  state_ = breaker_state::half_open;
  return true;
}

void breaker::succeeded() {
  state_ = breaker_state::closed;
  failures_ = 0;
  openings_ = 0;
}

void breaker::failed(base::steady_time now) {
  ++failures_;
  if (state_ == breaker_state::open
      || (state_ == breaker_state::closed && failures_ < limits_.failures_max))
    return;
  state_ = breaker_state::open;
  const auto doubled = limits_.open_min * (std::int64_t{1} << std::min(openings_, 20U));
  probe_at_ = now + std::min<std::chrono::milliseconds>(doubled, limits_.open_max);
  ++openings_;
}

} // namespace intermute::domain
