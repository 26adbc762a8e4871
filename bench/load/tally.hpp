#pragma once

#include "bench/load/histogram.hpp"
#include "bench/load/options.hpp"
#include "bench/load/response_reader.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace intermute::bench {

using bench_clock = std::chrono::steady_clock;

/// How a request ended; each has its own latencies.
enum class outcome : std::uint8_t {
  ok,       ///< 2xx.
  conflict, ///< 409: another has what was asked for, as two agents that want the same file.
  refused,  ///< 429 or 503: the server says that nothing happened.
  failed,   ///< Any other status.
};
inline constexpr std::size_t outcomes = 4;

[[nodiscard]] const char* to_string(outcome value) noexcept;
[[nodiscard]] outcome outcome_of(int status) noexcept;

/// The promises that were seen broken: all are counted, the first few of each
/// kind (and thread) are kept as text.
class violations {
public:
  void add(const std::string& kind, const std::string& what);
  void merge(const violations& other);

  [[nodiscard]] bool none() const noexcept { return by_kind_.empty(); }
  [[nodiscard]] const std::map<std::string, std::uint64_t>& by_kind() const { return by_kind_; }
  [[nodiscard]] const std::vector<std::string>& examples() const { return examples_; }

private:
  static constexpr std::uint64_t examples_per_kind_max = 5;

  std::map<std::string, std::uint64_t> by_kind_;
  std::vector<std::string> examples_;
};

/// The measured requests of one operation and outcome.
struct series {
  histogram latency_ns;
  std::uint64_t in_window = 0; ///< Answered before the end of the measured time.
};

/// When a run measures. Requests that start before `begin` or after `end` are not measured.
struct window {
  bench_clock::time_point begin;
  bench_clock::time_point end;
};

/// All that one io thread counts; merged after the run.
class tally {
public:
  /// @param strict  Judge refusals by what our server promises of them.
  explicit tally(const window& measured, bool strict = true)
    : measured_{measured}, strict_{strict} {}

  /// Counts an answer to a request that was due at `start` and, for a refusal, checks that it says
  /// when to come back and which mailbox was full. Refusals are checked during the warm-up too.
  void answered(operation what, bench_clock::time_point start, bench_clock::time_point end,
                const response& answer);

  /// Counts a connection that broke; a request may have been lost with it.
  void broken(const std::string& reason) { ++by_connection_error[reason]; }

  void merge(const tally& other);

  [[nodiscard]] const series& of(operation what, outcome how) const {
    return series_[static_cast<std::size_t>(what)][static_cast<std::size_t>(how)];
  }
  /// Returns how many requests were measured, whatever their outcome.
  [[nodiscard]] std::uint64_t requests() const noexcept;

  std::map<int, std::uint64_t> by_status;                   ///< Measured answers.
  std::map<std::string, std::uint64_t> by_code;             ///< Measured; problem `code`.
  std::map<std::string, std::uint64_t> by_refusal;          ///< All; "<status> <mailbox>".
  std::map<std::string, std::uint64_t> by_connection_error; ///< All.
  std::uint64_t unsent = 0; ///< Were due in open loop when the measured time ended.
  violations broken_promises;
  bench_clock::time_point last_answer{}; ///< Of the measured ones.

private:
  void check_refusal(int status, const response& answer, const problem& named);

  window measured_;
  bool strict_;
  std::array<std::array<series, outcomes>, operations> series_;
};

} // namespace intermute::bench
