#pragma once

#include "actors/runtime/executor.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/detail/simple_actor_clock.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

namespace intermute::actors {

/// CAF's timers on our executor: at most one wake-up is armed, for the earliest timeout.
class executor_clock final : public caf::detail::simple_actor_clock {
public:
  explicit executor_clock(executor& runs);
  ~executor_clock() override;

  [[nodiscard]] time_point now() const noexcept override { return executor_.now(); }
  void set_ordinary_timeout(time_point when, caf::abstract_actor* self, caf::atom_value type,
                            std::uint64_t id) override;
  void set_multi_timeout(time_point when, caf::abstract_actor* self, caf::atom_value type,
                         std::uint64_t id) override;
  void set_request_timeout(time_point when, caf::abstract_actor* self, caf::message_id id) override;
  void cancel_ordinary_timeout(caf::abstract_actor* self, caf::atom_value type) override;
  void cancel_request_timeout(caf::abstract_actor* self, caf::message_id id) override;
  void cancel_timeouts(caf::abstract_actor* self) override;
  void schedule_message(time_point when, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override;
  void schedule_message(time_point when, caf::group target, caf::strong_actor_ptr sender,
                        caf::message content) override;
  void cancel_all() override;

private:
  /// What an armed wake-up holds: it may come after the clock is gone.
  struct link {
    std::mutex mutex; ///< Guards the clock, its schedule and `armed_`.
    executor_clock* clock = nullptr;
  };

  void arm();
  void fire(time_point armed_for);

  executor& executor_;
  std::shared_ptr<link> link_;
  std::optional<time_point> armed_;
};

/// A CAF scheduler that has no threads: every actor turn is a job of an executor.
class coordinator final : public caf::scheduler::abstract_coordinator {
public:
  coordinator(caf::actor_system& system, executor& runs)
    : abstract_coordinator(system), executor_(runs), clock_(runs) {}

  void enqueue(caf::resumable* job) override;
  [[nodiscard]] bool detaches_utility_actors() const override { return true; }
  [[nodiscard]] caf::actor_clock& clock() noexcept override { return clock_; }

protected:
  void stop() override;

private:
  void run(caf::resumable* job);

  executor& executor_;
  executor_clock clock_;
  std::atomic<std::size_t> jobs_{0}; ///< Enqueued and not yet run.
};

/// CAF's configuration with our scheduler, or CAF's own when `runs` is null.
class runtime_config : public caf::actor_system_config {
public:
  /// @param runs            Outlives the actor system.
  /// @param max_throughput  Messages one actor handles before others get their turn; at least 1.
  runtime_config(executor* runs, std::size_t max_throughput);

  [[nodiscard]] executor& runs() const noexcept { return *runs_; }

private:
  executor* runs_;
};

} // namespace intermute::actors
