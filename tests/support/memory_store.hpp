#pragma once

#include "base/error.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::test {

namespace detail {
class memory_data;
struct memory_shared;
} // namespace detail

/// Asked at every step; an answer makes the step fail with that code.
///
/// Steps: `begin`, `apply`, `commit`, `commit_after` (stored, but told as failed), `savepoint`,
/// `reopen`, `make_durable`, and for every call of the reader one that is named after it, such as
/// `reader.load_inbox`.
using memory_fault = std::function<std::optional<base::errc>(std::string_view step)>;

/// One entry of one inbox, with its owner.
struct memory_entry {
  std::string agent;
  storage::inbox_entry entry;
};

/// One stored message with all of its entries, in the order of their cursors.
struct memory_message {
  storage::cursor at = 0;
  domain::message_ptr message;
  std::vector<memory_entry> entries;
};

/// A store in memory with the semantics of the real one; what is committed outlives `crash()`.
///
/// Readers see committed state only. Safe from any thread, as the seam wants it.
class memory_store final : public storage::store {
public:
  memory_store();
  ~memory_store() override;

  [[nodiscard]] base::result<std::unique_ptr<storage::engine>> open_engine() override;
  [[nodiscard]] base::result<std::unique_ptr<storage::reader>> open_reader() override;
  [[nodiscard]] base::result<bool> verify(std::chrono::milliseconds most,
                                          std::stop_token stop = {}) override;

  /// The process dies: what is not committed is lost, engine and readers handed out so far fail
  /// from now on, and `open_engine` may be called once more.
  void crash();

  /// Replaces the fault hook; an empty one ends all faults. Not while calls are under way.
  void set_fault(memory_fault fault);

  // ---- For invariants; committed state only ----

  /// All messages in the order of their cursors.
  [[nodiscard]] std::vector<memory_message> messages() const;

  /// Every cursor that was taken, in the order of commits.
  [[nodiscard]] std::vector<storage::cursor> cursors() const;

  [[nodiscard]] std::vector<domain::agent> agents() const;

  /// Every reservation ever made, as it is now, in the order of their creation.
  [[nodiscard]] std::vector<storage::reservation> reservations() const;

  /// How many engines and readers of it are open, those that died in a crash included.
  [[nodiscard]] std::size_t connections() const;

  /// How many kept replies there are, those past their time included.
  [[nodiscard]] std::size_t replays() const;

  [[nodiscard]] storage::batch_state committed() const;

private:
  std::shared_ptr<detail::memory_shared> shared_;
};

} // namespace intermute::test
