#pragma once

#include "bench/load/options.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace intermute::bench {

/// Binds the options of one run to a command, and reads from the parsed texts what CLI11 cannot.
/// The object outlives the parsing.
class run_options {
public:
  /// @param fixed  The workload of a command that has only one, else empty: then it is the first
  ///   argument.
  explicit run_options(CLI::App& app, std::string fixed = {});

  /// Returns the run, complete and checked; call it in a CLI11 callback or after parsing.
  /// @throws CLI::ValidationError  When a value is none or two contradict each other.
  [[nodiscard]] options finish() const;

private:
  options run_;
  std::string work_;
  std::string url_ = "http://127.0.0.1:7338";
  std::string arrivals_ = "poisson";
  bool unverified_ = false;
};

} // namespace intermute::bench
