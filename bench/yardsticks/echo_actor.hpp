#pragma once

#include "actors/cell.hpp"
#include "actors/op.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/runtime/io_executor.hpp"

#include <caf/actor_system.hpp>

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace intermute::bench::yardsticks {

/// What the echo actor says: how many it has answered.
struct echoed {
  std::uint64_t cursor = 0;
};

/// What it is asked.
struct echo {
  // Its actor serves nothing else, so that any kind of ours will do.
  static constexpr actors::op_kind kind = actors::op_kind::send_message;
  static constexpr actors::urgency admission = actors::urgency::normal;
  using reply = echoed;
};

/// An actor on our runtime, behind a bounded mailbox, that answers at once: the way of a request
/// through our actors with nothing to be decided on it.
class echo_home final : private actors::watcher {
public:
  /// @param io  Started; outlives this, and runs until `stop()` has returned.
  explicit echo_home(actors::io_shards& io);
  ~echo_home() override { stop(); }

  echo_home(const echo_home&) = delete;
  echo_home& operator=(const echo_home&) = delete;

  /// Asks the actor; a full or closed mailbox answers with a failure. From any thread.
  void submit(actors::op_ptr what) const { (void)address_->submit(std::move(what)); }

  /// Refuses from now on and ends the actor. Idempotent; not on an io thread.
  void stop();

private:
  // Nobody restarts it: it has no way to crash.
  void watch(const actors::cell_ptr&, const caf::strong_actor_ptr&) override {}

  actors::io_executor runs_;
  actors::runtime_config config_;
  actors::mailbox_class_state limits_;
  std::optional<caf::actor_system> system_;
  actors::cell_ptr address_;
};

/// Brings answers to the io thread of those who asked, as `transport::shard` does.
class answer_sink final : public actors::reply_sink {
public:
  /// @param io  Outlives the sink and is stopped when the sink goes.
  answer_sink(actors::io_shards& io, std::size_t index) : io_{io}, index_{index} {}

  /// On the sink's own thread at once; from others with one wake-up for all that has piled up.
  void deliver(std::vector<actors::op_ptr> answered) override;

private:
  void take_delivered();

  actors::io_shards& io_;
  std::size_t index_;
  std::mutex mutex_;
  std::vector<actors::op_ptr> delivered_; ///< Guarded by `mutex_`.
};

} // namespace intermute::bench::yardsticks
