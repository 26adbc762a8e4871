#pragma once

#include "bench/load/observer.hpp"

#include <string>

namespace intermute::bench {

/// Shows on stderr how a run goes, in one line that is written over; nothing when stderr is no
/// terminal.
class live_line {
public:
  explicit live_line(std::string name) : name_{std::move(name)} {}

  /// Returns what to call once a second. It may outlive the object.
  [[nodiscard]] progress_sink sink() const;

private:
  std::string name_;
};

} // namespace intermute::bench
