#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string_view>

/// Named places where a test can make the store fail or wait. Compiled in with INTERMUTE_FAULTS=1;
/// elsewhere every call is an empty constexpr function. Used in .cpp files of storage/ only.
namespace intermute::storage::faults {

enum class point : std::uint8_t {
  writer_write,        ///< `writer.write`: before each statement that changes rows.
  writer_sync,         ///< `writer.sync`: before each fsync of the database or its log.
  writer_commit,       ///< `writer.commit`: before COMMIT.
  writer_commit_after, ///< `writer.commit_after`: after a good COMMIT, which is told as failed.
};

inline constexpr std::size_t point_count = 4;

/// What a point answers; a delay has already passed when it answers `none`.
enum class kind : std::uint8_t { none, busy, full, io_error, corrupt };

#if defined(INTERMUTE_FAULTS) && INTERMUTE_FAULTS

inline constexpr bool enabled = true;

/// Counts a hit of `where` and tells what the plan wants of it. Sleeps if the plan says so.
/// Safe from any thread; one atomic load when there is no plan.
[[nodiscard]] kind hit(point where);

/// Replaces the plan and sets all counts to zero; an empty text ends all faults.
///
/// `point=what@first x times; …` without blanks: `writer.commit=IOERR@5x3;writer.sync=delay:50ms`.
/// `what` is BUSY, FULL, IOERR, CORRUPT or delay:<n>ms; `@5x3` means hits 5, 6 and 7 (default
/// `@1x1`). A point may be named several times.
[[nodiscard]] base::result<void> set_plan(std::string_view plan);

/// Takes the plan from the environment variable INTERMUTE_FAULT_PLAN, the first time it is called.
[[nodiscard]] base::result<void> load_environment();

/// Hits of `where` since the plan was set.
[[nodiscard]] std::uint64_t hits(point where);

#else

inline constexpr bool enabled = false;
[[nodiscard]] constexpr kind hit(point) noexcept { return kind::none; }
[[nodiscard]] inline base::result<void> set_plan(std::string_view) { return {}; }
[[nodiscard]] inline base::result<void> load_environment() { return {}; }
[[nodiscard]] constexpr std::uint64_t hits(point) noexcept { return 0; }

#endif

} // namespace intermute::storage::faults
