#include "tests/support/memory_shared.hpp"

#include <utility>

namespace intermute::test {

using base::errc;
using base::result;

memory_store::memory_store() : shared_(std::make_shared<detail::memory_shared>()) {}
memory_store::~memory_store() = default;

result<std::unique_ptr<storage::engine>> memory_store::open_engine() {
  std::uint64_t life = 0;
  {
    const std::lock_guard guard{shared_->mutex};
    if (std::exchange(shared_->engine_given, true))
      return {errc::internal, "The store has one engine, and it was handed out already."};
    life = shared_->life;
  }
  return detail::make_engine(shared_, life);
}

result<std::unique_ptr<storage::reader>> memory_store::open_reader() {
  const std::lock_guard guard{shared_->mutex};
  return detail::make_reader(shared_, shared_->life);
}

result<bool> memory_store::verify(std::chrono::milliseconds, std::stop_token) { return true; }

void memory_store::crash() {
  const std::lock_guard guard{shared_->mutex};
  ++shared_->life;
  shared_->engine_given = false;
}

void memory_store::set_fault(memory_fault fault) { shared_->fault = std::move(fault); }

std::vector<memory_message> memory_store::messages() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.messages();
}

std::vector<storage::cursor> memory_store::cursors() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.cursors();
}

std::vector<domain::agent> memory_store::agents() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.agents();
}

std::vector<storage::reservation> memory_store::reservations() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.reservations();
}

std::size_t memory_store::replays() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.replays();
}

std::size_t memory_store::connections() const {
  return static_cast<std::size_t>(shared_.use_count() - 1); // Each shares the data with the store.
}

storage::batch_state memory_store::committed() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->state;
}

} // namespace intermute::test
