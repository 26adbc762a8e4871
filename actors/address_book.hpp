#pragma once

#include "actors/cell.hpp"
#include "actors/messages.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace intermute::actors {

/// Whose cell it is.
enum class resident : std::uint8_t { project, inbox, reservations };

/// Finds the cells of projects, inboxes and reservation tables, and makes them on demand.
///
/// A cell is kept while somebody lives in it and forgotten by `forget_idle` after it was
/// passivated, so memory follows the active set. Safe from any thread; a short lock on one of
/// 64 parts per call.
class address_book {
public:
  /// Makes a cell; `agent` is empty but for an inbox.
  using maker
    = std::function<cell_ptr(resident what, const std::string& project, const std::string& agent)>;

  /// @param make          Called under the part's lock; must not call the book.
  /// @param resident_max  Cells kept at most; beyond it no new one is made.
  address_book(maker make, std::size_t resident_max)
    : make_(std::move(make)), resident_max_(resident_max) {}

  /// The project's cell; null when the book is full.
  [[nodiscard]] cell_ptr project(const std::string& name);

  /// The cell of an agent's inbox in a project; null when the book is full.
  [[nodiscard]] cell_ptr inbox(const std::string& project, const std::string& agent);

  /// The cell of a project's reservation table; null when the book is full.
  [[nodiscard]] cell_ptr reservations(const std::string& project);

  /// The same if they exist already, else null.
  [[nodiscard]] cell_ptr find_inbox(const std::string& project, const std::string& agent) const;
  [[nodiscard]] cell_ptr find_reservations(const std::string& project) const;

  /// Every reservation table in memory.
  [[nodiscard]] std::vector<cell_ptr> all_reservations() const;

  /// Walks one part: asks actors unused since `before` to end, forgets cells nobody lives in.
  void sweep(std::size_t part, base::steady_time before);

  /// Calls `look` with every cell. Takes one lock after the other.
  void for_each(const std::function<void(const cell_ptr&)>& look) const;

  [[nodiscard]] std::size_t size() const noexcept { return size_.load(); }

  static constexpr std::size_t part_count = 64;

private:
  using cells = std::unordered_map<std::string, cell_ptr, text_hash, std::equal_to<>>;
  struct part {
    mutable std::mutex mutex;
    cells by_key;
  };

  [[nodiscard]] static std::string key_of(resident what, const std::string& project,
                                          const std::string& agent);
  [[nodiscard]] part& part_of(std::string_view key);
  [[nodiscard]] const part& part_of(std::string_view key) const;
  [[nodiscard]] cell_ptr find_or_make(resident what, const std::string& project,
                                      const std::string& agent);
  [[nodiscard]] cell_ptr find(resident what, const std::string& project,
                              const std::string& agent) const;

  maker make_;
  std::size_t resident_max_;
  std::atomic<std::size_t> size_{0};
  std::array<part, part_count> parts_;
};

} // namespace intermute::actors
