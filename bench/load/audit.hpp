#pragma once

#include "bench/load/blocking_client.hpp"
#include "bench/load/hold_book.hpp"
#include "bench/load/ledger.hpp"
#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace intermute::bench {

/// Compares what was acknowledged with what the inboxes hold. Pure: the caller reads the pages.
///
/// Checked: every accepted message is in the inbox of each of its recipients exactly once, at the
/// cursor of its reply, with its body; none that was refused is anywhere; one in doubt is
/// everywhere or nowhere; cursors of an inbox strictly grow; messages of one connection keep their
/// order. Messages of other runs only count for the order of cursors.
class audit {
public:
  /// @param sent  One ledger per connection, null for one that sends none; outlives the audit.
  audit(const request_plan& plan, const std::vector<const ledger*>& sent);

  /// Begins with the next inbox; its pages follow in order.
  void open_inbox(std::size_t project, std::size_t recipient);
  void see(const inbox_entry& entry);

  /// Ends the audit: looks for what was never seen. Call once.
  [[nodiscard]] const violations& finish();

  [[nodiscard]] std::uint64_t accepted() const noexcept { return accepted_; }
  [[nodiscard]] std::uint64_t entries_seen() const noexcept { return entries_seen_; }

private:
  void check_message(const message_name& message, const inbox_entry& entry);
  void check_delivery(const message_name& message, std::uint64_t copies);
  [[nodiscard]] bool is_recipient(const message_name& message) const;
  [[nodiscard]] std::string where(const inbox_entry& entry) const;

  const request_plan& plan_;
  const std::vector<const ledger*>& sent_;
  std::vector<std::vector<std::uint16_t>> copies_; ///< By connection and number.
  violations found_;
  std::uint64_t accepted_ = 0;
  std::uint64_t entries_seen_ = 0;

  // Of the open inbox:
  std::size_t project_ = 0;
  std::size_t recipient_ = 0;
  std::uint64_t last_cursor_ = 0;
  std::unordered_set<std::uint64_t> seen_; ///< Connection and number in one word.
  std::unordered_map<std::size_t, std::uint64_t> last_number_;
};

/// Reads every inbox of the run to its end.
/// @throws boost::system::system_error, std::runtime_error  When an inbox cannot be read.
void read_back(const request_plan& plan, blocking_client& client, audit& into);

/// Reads the live reservations of every project of the run.
/// @throws boost::system::system_error, std::runtime_error  When they cannot be read.
void read_holds(const request_plan& plan, blocking_client& client, hold_book& into);

} // namespace intermute::bench
