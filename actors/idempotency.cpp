#include "actors/idempotency.hpp"

#include <utility>

namespace intermute::actors {

using base::errc;

in_flight::ticket::ticket(ticket&& other) noexcept
  : from_(std::exchange(other.from_, nullptr)), scope_(std::move(other.scope_)) {}

in_flight::ticket& in_flight::ticket::operator=(ticket&& other) noexcept {
  if (this != &other) {
    release();
    from_ = std::exchange(other.from_, nullptr);
    scope_ = std::move(other.scope_);
  }
  return *this;
}

void in_flight::ticket::release() noexcept {
  if (auto* const from = std::exchange(from_, nullptr); from != nullptr) {
    const std::lock_guard guard{from->mutex_};
    from->bodies_.erase(scope_);
  }
}

base::result<in_flight::ticket> in_flight::begin(const idempotency& what) {
  const std::lock_guard guard{mutex_};
  const auto [at, fresh] = bodies_.try_emplace(what.scope, what.body);
  if (fresh)
    return ticket{*this, what.scope};
  if (at->second != what.body)
    return errc::idempotency_key_reused;
  return errc::idempotency_in_progress;
}

std::size_t in_flight::size() const {
  const std::lock_guard guard{mutex_};
  return bodies_.size();
}

} // namespace intermute::actors
