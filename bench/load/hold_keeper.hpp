#pragma once

#include "bench/load/hold_book.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace intermute::bench {

/// Reserves and releases for one connection, one file at a time, and tells the run's book.
class hold_keeper {
public:
  hold_keeper(const request_plan& plan, std::size_t connection, hold_book& holds);

  [[nodiscard]] bool is_holding() const noexcept { return !reservation_.empty(); }
  /// Returns the request for a file; valid until the next call.
  [[nodiscard]] std::string_view reserve(std::size_t file);
  /// Returns the request that gives back what is held.
  [[nodiscard]] std::string_view release();
  /// Takes the answer of the last of both.
  void answered(const response& answer, violations& broken);
  void lost();

  [[nodiscard]] const request_plan& plan() const noexcept { return plan_; }
  [[nodiscard]] std::size_t connection() const noexcept { return connection_; }

private:
  const request_plan& plan_;
  std::size_t connection_;
  std::size_t project_;
  hold_book& holds_;
  std::string text_;
  std::string reservation_; ///< Held, or being given back.
  std::size_t file_ = 0;
  bool releasing_ = false;
};

} // namespace intermute::bench
