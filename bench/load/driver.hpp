#pragma once

#include "bench/load/process_probe.hpp"
#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace intermute::bench {

/// The server's process over a run.
struct process_figures {
  double cpu_us_per_request = 0; ///< Over the measured time.
  std::uint64_t rss_before_kib = 0;
  std::uint64_t rss_after_kib = 0;
  std::uint64_t rss_max_kib = 0; ///< Highest of samples taken every 20 ms.
};

/// What was compared after the run.
struct verify_figures {
  std::uint64_t accepted = 0;     ///< Messages that the server acknowledged, warm-up included.
  std::uint64_t entries_seen = 0; ///< Inbox entries of this run that were read back.
  std::uint64_t holds = 0;        ///< Reservations that were granted and not given back.
};

/// What the sockets of `ws-fanout` got.
struct push_figures {
  std::uint64_t deliveries = 0; ///< Within the measured time.
  histogram latency_ns;         ///< From the moment its POST was due to the event at the socket.
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
  std::optional<push_figures> pushed;

  /// Nothing promised was seen broken, and something was answered.
  [[nodiscard]] bool is_well() const {
    return counted.broken_promises.none() && counted.requests() > 0;
  }
  /// Returns all answers of a kind, whatever was asked.
  [[nodiscard]] histogram latency_of(outcome how) const;
};

struct progress;

/// Prepares, runs and verifies one load. Blocks until all is done.
/// @param tell  Called about once a second from this thread; may be empty.
/// @throws boost::system::system_error, std::runtime_error  When the server cannot be reached, or
///   answers what contract v0 does not have, outside the measured time.
[[nodiscard]] run_result run_load(const options& run,
                                  const std::function<void(const progress&)>& tell = {});

} // namespace intermute::bench
