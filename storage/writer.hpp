#pragma once

#include "base/bounded_ring.hpp"
#include "base/clock.hpp"
#include "storage/store.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace intermute::storage {

/// Names the owner of some state (an actor, across its restarts).
using owner_id = std::uint64_t;

/// Counts the lives of an owner's state. A failed change ends the epoch it was decided in.
using epoch = std::uint64_t;

struct change;

/// What the decider of a change wants back with it; opaque to the store.
class change_context {
public:
  virtual ~change_context() = default;

  /// Asked inside the transaction, once the operations of `what` were applied and its outcomes
  /// are known: what else belongs to it? May be asked again when a batch is replayed.
  [[nodiscard]] virtual std::optional<row_operation> conclude(const change& what) const;
};

/// One decision on its way to the disk: all of its operations are stored, or none.
///
/// A change without operations is a barrier: it is decided after everything logged before it.
struct change {
  owner_id owner = 0;
  epoch decided_in = 0;
  std::vector<row_operation> operations;
  std::unique_ptr<change_context> context;

  // Written by the writer:
  std::optional<base::error> failure; ///< Set when nothing of it was stored, or it is unknown.
  std::vector<outcome> outcomes;      ///< One per operation, when stored.
};
using change_ptr = std::unique_ptr<change>;

inline std::optional<row_operation> change_context::conclude(const change&) const {
  return std::nullopt;
}

/// What one batch came to.
struct batch_report {
  std::size_t changes = 0;           ///< Drained from the ring.
  std::size_t stored = 0;            ///< Of them, committed.
  std::chrono::nanoseconds commit{}; ///< From begin to the end of the commit.
  std::optional<base::error> fault;  ///< A storage fault that the batch met.
  bool uncertain = false; ///< Whether the last batch is durable is not known; reads must wait.
};

/// Told of every batch, on the writer's thread, once it is decided.
class commit_listener {
public:
  virtual ~commit_listener() = default;

  /// @param batch  In ring order. Those without `failure` are durable.
  virtual void decided(std::vector<change_ptr> batch, const batch_report& report) = 0;
};

struct writer_options {
  std::size_t batch_max = 512;      ///< Changes per transaction; at least 1.
  std::size_t ring_capacity = 8192; ///< Changes that may wait; at least 1.
  std::uint32_t busy_retries = 3;   ///< Attempts after the first when the store is busy.
};

/// Group commit: drains a bounded ring of changes into one transaction at a time.
///
/// Commit order is cursor order. A batch that meets a fault is replayed change by change to find
/// the one that causes it; an owner whose change failed has all later changes of that epoch
/// rejected with the same cause. When a commit fails, the file is reopened and its batch number
/// tells whether the commit took place. `run()` or `step()` is called from one thread.
class writer {
public:
  /// @param listener  Outlives the writer.
  writer(std::unique_ptr<engine> engine, writer_options options, commit_listener& listener,
         const base::clock& clock);

  /// Hands over a change. Safe from any thread, never waits.
  /// @returns False when the ring is full or closed; `what` is then untouched.
  [[nodiscard]] bool submit(change_ptr& what) { return ring_.try_push(what); }

  /// Decides the changes that wait now, at most one batch; never sleeps on the ring.
  /// @returns How many it took.
  std::size_t step();

  /// Decides batches until `close()` was called and the ring is empty.
  void run();

  /// Refuses later changes; those in the ring are still decided. Safe from any thread.
  void close() { ring_.close(); }

  /// Changes that wait. Safe from any thread.
  [[nodiscard]] std::size_t backlog() const { return ring_.size(); }

private:
  struct failed_epoch {
    epoch last = 0;
    base::error cause;
  };

  void decide(std::vector<change_ptr> batch);
  [[nodiscard]] base::result<void> recover();
  void store(const std::vector<change*>& batch, batch_report& report);
  [[nodiscard]] base::result<void> apply_all(const std::vector<change*>& batch, cursor& last);
  [[nodiscard]] bool begun(const std::vector<change*>& batch, batch_report& report);
  void replay(const std::vector<change*>& batch, batch_report& report);
  void finish(const std::vector<change*>& batch, cursor last, batch_report& report);
  void resolve(const std::vector<change*>& batch, const batch_state& wanted, const base::error& why,
               batch_report& report);
  [[nodiscard]] bool rejected(change& what);
  void fail(change& what, const base::error& why);

  std::unique_ptr<engine> engine_;
  writer_options options_;
  commit_listener& listener_;
  const base::clock& clock_;
  base::bounded_ring<change_ptr> ring_;
  batch_state state_;
  bool broken_ = false;    ///< The engine must be reopened before it is used again.
  bool uncertain_ = false; ///< The last batch may be in the file without being durable.
  std::unordered_map<owner_id, failed_epoch> failed_;
};

} // namespace intermute::storage
