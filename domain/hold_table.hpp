#pragma once

#include "base/clock.hpp"
#include "domain/glob.hpp"
#include "domain/reservation.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace intermute::domain {

/// A reservation as its table keeps it.
struct hold {
  enum class standing : std::uint8_t {
    granting, ///< Decided, not yet on the disk.
    held,     ///< On the disk.
    ending,   ///< On the disk; its end is decided, but not yet there.
  };
  std::shared_ptr<const reservation> record;
  std::optional<glob> pattern; ///< Nothing when it cannot be read; then it overlaps nothing.
  base::steady_time expires{};
  standing is = standing::granting;

  /// True if it counts against whoever asks at `now`: what was decided so far says so.
  [[nodiscard]] bool stands(base::steady_time now) const noexcept {
    return is != standing::ending && now < expires;
  }
  /// True if it may be shown at `now`: it is on the disk, and its end is not.
  [[nodiscard]] bool is_seen(base::steady_time now) const noexcept {
    return is != standing::granting && now < expires;
  }
};

/// The reservations of one project that have not ended: who stands in whose way, and who expires
/// next. Pure; one owner.
class hold_table {
public:
  /// The order of creation.
  using number = std::uint64_t;

  /// Adds one behind all others.
  hold& add(hold one);

  /// The hold of that reservation, or null. The pointer lasts until it is removed.
  [[nodiscard]] hold* find(const std::string& id);

  /// Forgets it. Idempotent.
  void remove(const std::string& id);

  void clear();

  /// The holds that `pattern` may overlap and that conflict by their kind, in the order of
  /// creation; whether they overlap is left to the caller, who knows what a comparison costs.
  /// @param agent      Whose own holds never conflict; null counts everybody's.
  /// @param exclusive  False: shared holds do not conflict.
  [[nodiscard]] std::vector<const hold*> candidates(const glob& pattern, const std::string* agent,
                                                    bool exclusive) const;

  /// How many holds of `agent` stand at `now`, and the newest of them that is not on the disk.
  struct tally {
    std::uint32_t standing = 0;
    const hold* granting = nullptr;
  };
  [[nodiscard]] tally of_agent(const std::string& agent, base::steady_time now) const;

  /// The ids of the held ones whose time is over at `now`, in the order of creation.
  [[nodiscard]] std::vector<std::string> expired(base::steady_time now) const;

  /// When the next held one expires; `max` when there is none.
  [[nodiscard]] base::steady_time next_expiry() const;

  /// The standing is changed through here, so that the order of expiry stays right.
  void set(hold& one, hold::standing is);

  /// All of them, in the order of creation.
  [[nodiscard]] const std::map<number, hold>& all() const noexcept { return holds_; }
  [[nodiscard]] bool empty() const noexcept { return holds_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return holds_.size(); }

private:
  number last_ = 0;
  std::map<number, hold> holds_;
  std::unordered_map<std::string, number> numbers_; ///< By reservation id.
  std::unordered_map<std::string, std::map<number, const hold*>> by_agent_;
  /// The held ones by their end: a heap from which any entry may be taken.
  std::multimap<base::steady_time, number> ends_;
};

} // namespace intermute::domain
