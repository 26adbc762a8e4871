#include "actors/runtime/coordinator.hpp"

#include <caf/actor_system.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>

namespace intermute::actors {
namespace {

/// Lets a running actor schedule others on the same executor.
class turn final : public caf::execution_unit {
public:
  turn(caf::actor_system& system, coordinator& parent) : execution_unit(&system), parent_(parent) {}
  void exec_later(caf::resumable* job) override { parent_.enqueue(job); }

private:
  coordinator& parent_;
};

caf::actor_system::module* make_coordinator(caf::actor_system& system) {
  const auto& config = dynamic_cast<const runtime_config&>(system.config());
  return new coordinator(system, config.runs()); // CAF owns its modules.
}

} // namespace

executor_clock::executor_clock(executor& runs) : executor_(runs), link_(std::make_shared<link>()) {
  link_->clock = this;
}

executor_clock::~executor_clock() {
  const std::lock_guard guard{link_->mutex};
  link_->clock = nullptr;
}

void executor_clock::set_ordinary_timeout(time_point when, caf::abstract_actor* self,
                                          caf::atom_value type, std::uint64_t id) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::set_ordinary_timeout(when, self, type, id);
  arm();
}

void executor_clock::set_multi_timeout(time_point when, caf::abstract_actor* self,
                                       caf::atom_value type, std::uint64_t id) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::set_multi_timeout(when, self, type, id);
  arm();
}

void executor_clock::set_request_timeout(time_point when, caf::abstract_actor* self,
                                         caf::message_id id) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::set_request_timeout(when, self, id);
  arm();
}

void executor_clock::cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::cancel_ordinary_timeout(self, type);
}

void executor_clock::cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::cancel_request_timeout(self, id);
}

void executor_clock::cancel_timeouts(caf::abstract_actor* self) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::cancel_timeouts(self);
}

void executor_clock::schedule_message(time_point when, caf::strong_actor_ptr receiver,
                                      caf::mailbox_element_ptr content) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::schedule_message(when, std::move(receiver), std::move(content));
  arm();
}

void executor_clock::schedule_message(time_point when, caf::group target,
                                      caf::strong_actor_ptr sender, caf::message content) {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::schedule_message(when, std::move(target), std::move(sender),
                                       std::move(content));
  arm();
}

void executor_clock::cancel_all() {
  const std::lock_guard guard{link_->mutex};
  simple_actor_clock::cancel_all();
}

void executor_clock::arm() {
  if (schedule().empty())
    return;
  const auto earliest = schedule().begin()->first;
  if (armed_ && *armed_ <= earliest)
    return;
  armed_ = earliest;
  executor_.post_at(earliest, [to = link_, earliest] {
    const std::lock_guard guard{to->mutex};
    if (to->clock != nullptr)
      to->clock->fire(earliest);
  });
}

void executor_clock::fire(time_point armed_for) {
  if (armed_ == armed_for)
    armed_.reset();
  trigger_expired_timeouts(); // Only enqueues; an actor's turn is a later job.
  arm();
}

void coordinator::enqueue(caf::resumable* job) {
  jobs_.fetch_add(1, std::memory_order_relaxed);
  executor_.post([this, job] { run(job); });
}

void coordinator::run(caf::resumable* job) {
  turn unit{system_, *this};
  switch (job->resume(&unit, max_throughput_)) {
  case caf::resumable::resume_later: enqueue(job); break;
  case caf::resumable::done:
  case caf::resumable::awaiting_message: caf::intrusive_ptr_release(job); break;
  case caf::resumable::shutdown_execution_unit: break;
  }
  jobs_.fetch_sub(1, std::memory_order_release);
}

void coordinator::stop() {
  clock_.cancel_all();
  stop_actors();
  // A job that came after this object would touch freed memory.
  executor_.run_until([this] { return jobs_.load(std::memory_order_acquire) == 0; });
}

runtime_config::runtime_config(executor* runs, std::size_t max_throughput) : runs_(runs) {
  set("scheduler.max-throughput", max_throughput);
  if (runs != nullptr)
    module_factories.push_back(make_coordinator);
}

} // namespace intermute::actors
