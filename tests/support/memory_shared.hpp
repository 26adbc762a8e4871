#pragma once

#include "tests/support/memory_data.hpp"

#include <mutex>

namespace intermute::test::detail {

/// What a store in memory and its connections share.
struct memory_shared {
  /// The failure that the hook wants at `step`, if any.
  [[nodiscard]] std::optional<base::error> fault_at(std::string_view step) const {
    if (const auto code = fault ? fault(step) : std::nullopt; code)
      return base::error{*code, "injected at " + std::string{step}, {}};
    return std::nullopt;
  }

  mutable std::mutex mutex; ///< Guards all but `fault`.
  memory_data committed;
  storage::batch_state state;
  std::uint64_t life = 0; ///< Counts crashes; what was handed out in an earlier life is dead.
  bool engine_given = false;
  memory_fault fault;
};
using memory_shared_ptr = std::shared_ptr<memory_shared>;

/// What a connection answers that was handed out before a crash.
[[nodiscard]] inline base::error dead() {
  return {base::errc::storage_failed, "This connection died in the crash.", {}};
}

/// Connections of the life `life`.
[[nodiscard]] std::unique_ptr<storage::engine> make_engine(memory_shared_ptr shared,
                                                           std::uint64_t life);
[[nodiscard]] std::unique_ptr<storage::reader> make_reader(memory_shared_ptr shared,
                                                           std::uint64_t life);

} // namespace intermute::test::detail
