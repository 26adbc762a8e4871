#pragma once

#include "bench/process_probe.hpp"
#include "bench/request_plan.hpp"
#include "bench/tally.hpp"

#include <cstdint>
#include <optional>

namespace intermute::bench {

/// The server's process over a run.
struct process_figures {
  double cpu_us_per_request = 0; ///< Over the measured time.
  std::uint64_t rss_before_kib = 0;
  std::uint64_t rss_after_kib = 0;
  std::uint64_t rss_max_kib = 0; ///< Highest of samples taken every 20 ms.
};

/// What `--verify` compared.
struct verify_figures {
  std::uint64_t accepted = 0;     ///< Messages that the server acknowledged, warm-up included.
  std::uint64_t entries_seen = 0; ///< Inbox entries of this run that were read back.
};

/// Everything that a run found out.
struct run_result {
  explicit run_result(const window& measured) : counted{measured} {}

  tally counted;
  double seconds = 0;          ///< Length of the measured time.
  std::uint64_t in_window = 0; ///< Answers within it; the base of rates.
  double own_cpu_share = 0;    ///< Cores that this program used; near `threads` it was the limit.
  std::optional<process_figures> server;
  std::optional<verify_figures> verified;
};

/// Prepares, runs and, when asked, verifies one load. Blocks until all is done.
/// @throws boost::system::system_error, std::runtime_error  When the server cannot be reached, or
///   answers what contract v0 does not have, outside the measured time.
[[nodiscard]] run_result run_load(const options& run);

} // namespace intermute::bench
