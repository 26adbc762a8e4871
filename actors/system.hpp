#pragma once

#include "actors/address_book.hpp"
#include "actors/change_log.hpp"
#include "actors/cold_reads.hpp"
#include "actors/front.hpp"
#include "actors/idempotency.hpp"
#include "actors/publisher.hpp"
#include "actors/runtime/coordinator.hpp"
#include "actors/services.hpp"
#include "actors/store_gate.hpp"
#include "actors/subscriptions.hpp"
#include "actors/supervisor.hpp"
#include "config/settings.hpp"
#include "storage/reader_pool.hpp"
#include "storage/writer.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace intermute::actors {

/// What a system of actors is made from; the references outlive it.
struct system_parts {
  const config::settings& settings;
  const base::clock& clock;
  base::entropy& random;
  observe::registry& metrics;
  observe::logger say;
  event_renderer render;
  executor* runs; ///< Null: CAF's own scheduler.
  std::unique_ptr<storage::engine> engine;
  std::vector<std::unique_ptr<storage::reader>> readers;
};

/// The actors of one server with their writer and readers: the way in, and the life cycle.
///
/// Without `start_threads()` nothing runs but what the executor is made to run, `writer().step()`
/// and `readers().step()`: that is how a test steps a whole server.
class system final : public front {
public:
  explicit system(system_parts parts);
  ~system() override;

  system(const system&) = delete;
  system& operator=(const system&) = delete;

  /// Starts the writer, the readers and the workers.
  void start_threads();

  /// Puts limits into force that may change while the server runs. Safe from any thread.
  void tune(const config::settings& to);

  /// Ends the actors, decides what was logged, joins the threads. Idempotent.
  /// Every op that was not answered is answered. Not to be called from an actor.
  void stop();

  /// Supervises an actor of another layer beside our own: started now, restarted when it crashes,
  /// ended by `stop()`. What `spawn` refers to outlives the system.
  void adopt(std::string name, std::function<caf::actor(caf::actor_system&)> spawn);

  /// True once the stored identities are in memory.
  [[nodiscard]] bool ready() const noexcept { return agents_.loaded(); }

  void submit(op_ptr what) override;
  [[nodiscard]] agent_snapshot_ptr agents() const override { return agents_.load(); }
  void resume(socket_id socket) override;
  void unsubscribe(socket_id socket) override;
  [[nodiscard]] std::string degraded() const override;
  [[nodiscard]] bool verifying() const override { return verifying_.load(); }

  /// The check of the store began (true) or is through (false).
  void note_verifying(bool begun) { verifying_.store(begun); }

  /// The store is damaged: reads are served, every write is refused from now on.
  void condemn_store(base::error why) { gate_.condemn(std::move(why)); }

  [[nodiscard]] storage::writer& writer() noexcept { return *writer_; }
  [[nodiscard]] storage::reader_pool& readers() noexcept { return readers_; }
  [[nodiscard]] worker_pool& workers() noexcept { return work_; }
  [[nodiscard]] caf::actor_system& caf_system() noexcept { return *caf_; }
  [[nodiscard]] const address_book& book() const noexcept { return book_; }
  [[nodiscard]] mailbox_classes& mailboxes() noexcept { return classes_; }
  /// The cells of the actors there is one of: supervisors but the root, directory, push, the
  /// adopted.
  [[nodiscard]] std::vector<cell_ptr> singletons() const {
    auto all = adopted_;
    all.insert(all.end(), {directory_, push_, store_supervisor_, residents_, sweeper_});
    return all;
  }

private:
  [[nodiscard]] caf::strong_actor_ptr make_residents_supervisor();
  [[nodiscard]] cell_ptr make_cell(resident what, const std::string& project,
                                   const std::string& agent);
  template <class Actor, class... Args>
  [[nodiscard]] cell::factory spawner(Args&&... args);
  template <class Find>
  void submit_to(op_ptr what, Find find);
  /// Sends `what` to whoever serves it.
  void route(op_ptr what);
  /// Lets a request with an Idempotency-Key through, or answers it from what was kept.
  void route_claimed(op_ptr what);
  /// Finds the table of a reservation.
  void route_release(op_of<release_reservation>& what);
  void add_metrics(observe::registry& to);

  const config::settings& settings_;
  const base::clock& clock_;
  executor* const runs_;
  observe::logger say_;
  mailbox_classes classes_;
  store_gate gate_;
  tail_budget tails_;
  agent_snapshot_slot agents_;
  reply_keeping keeping_;
  tuned_limits tuned_;
  in_flight in_flight_;
  subscription_table subscriptions_;
  supervision roots_watch_;
  supervision residents_watch_;
  address_book book_;
  storage::reader_pool readers_;
  worker_pool work_;
  cold_reads cold_;
  event_feed feed_;
  publisher publisher_;
  std::optional<storage::writer> writer_;
  std::optional<change_log> log_;
  std::optional<services> services_;
  supervisor_probe probe_;
  observe::gauge& breaker_state_;
  runtime_config caf_config_;
  std::optional<caf::actor_system> caf_;
  cell_ptr directory_;
  cell_ptr push_;
  cell_ptr store_supervisor_;
  cell_ptr sweeper_;
  std::vector<cell_ptr> adopted_;
  supervisor_actor root_;
  cell_ptr residents_; ///< The supervisor of projects and inboxes, a child of the root.
  std::thread writer_thread_;
  std::atomic<bool> verifying_{false};
  bool stopped_ = false;
};

} // namespace intermute::actors
