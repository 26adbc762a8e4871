#pragma once

#include "bench/load/ledger.hpp"
#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <cstdint>
#include <string>

namespace intermute::bench {

/// Makes the messages of one connection and writes down what became of each.
class message_log {
public:
  message_log(const request_plan& plan, std::size_t connection);

  /// Returns the POST of the next message; valid until the next call. Allocates nothing once its
  /// text has grown.
  [[nodiscard]] std::string_view next();
  void answered(const response& answer, violations& broken);

  [[nodiscard]] const ledger& entries() const noexcept { return entries_; }

private:
  const request_plan& plan_;
  std::size_t connection_;
  std::size_t project_;
  std::string head_;      ///< Up to the length of the body.
  std::string beginning_; ///< Of the body, up to the recipients.
  std::string id_;
  std::size_t number_at_ = 0; ///< In the id.
  std::string filler_;        ///< Of the message's own body, behind the id.
  std::string body_;
  std::string text_;
  std::uint64_t number_ = 0; ///< Of the last message, from 1; 0 before the first.
  ledger entries_;
};

} // namespace intermute::bench
