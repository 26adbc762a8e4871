#pragma once

#include <cstdint>
#include <vector>

namespace intermute::bench {

/// What the server said about the messages of one connection, by their number.
///
/// A message whose answer never came, or said neither yes nor "nothing happened", stays in doubt:
/// it may be stored or not, but if it is, then for all of its recipients.
class ledger {
public:
  void sent(std::uint64_t number) { entries_.resize(number + 1, in_doubt); }
  void accepted(std::uint64_t number, std::uint64_t cursor) { entries_[number] = cursor; }
  void refused(std::uint64_t number) { entries_[number] = not_stored; }

  [[nodiscard]] std::uint64_t size() const noexcept { return entries_.size(); }
  [[nodiscard]] bool is_refused(std::uint64_t number) const {
    return entries_[number] == not_stored;
  }
  /// Returns the cursor of an accepted message, else 0.
  [[nodiscard]] std::uint64_t cursor_of(std::uint64_t number) const {
    return is_refused(number) ? 0 : entries_[number];
  }

private:
  static constexpr std::uint64_t in_doubt = 0; ///< Cursors start at 1.
  static constexpr std::uint64_t not_stored = UINT64_MAX;

  std::vector<std::uint64_t> entries_;
};

} // namespace intermute::bench
