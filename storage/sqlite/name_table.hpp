#pragma once

#include "storage/sqlite/connection.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace intermute::storage::sqlite {

/// Which table of names: both have the same form.
enum class names_of : std::uint8_t { projects, agents };

/// Turns names into the integer keys that other tables hold, and back, through bounded caches.
///
/// A key once committed never changes, so a reader's cache stays right. The writer forgets what
/// it has cached when it rolls back keys that it made.
class name_table {
public:
  [[nodiscard]] static base::result<name_table> open(const connection& db, names_of what,
                                                     access how);

  /// The key of `name`, if it has one.
  [[nodiscard]] base::result<std::optional<std::int64_t>> find(std::string_view name);

  /// The key of `name`; made if it has none. Only for a connection that writes.
  [[nodiscard]] base::result<std::int64_t> find_or_add(std::string_view name);

  /// The name of `key`; `storage_corrupt` if it has none.
  [[nodiscard]] base::result<std::string> name_of(std::int64_t key);

  /// The transaction begins: what is found or made from now on may be rolled back.
  void begin() noexcept { made_some_ = false; }

  /// The transaction or a part of it was rolled back.
  void rolled_back();

private:
  struct hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };

  void keep(std::string_view name, std::int64_t key);

  statement find_;
  statement add_;
  statement name_;
  std::unordered_map<std::string, std::int64_t, hash, std::equal_to<>> keys_;
  std::unordered_map<std::int64_t, std::string> names_;
  bool made_some_ = false;
};

/// The SQL of both tables, for the test of their query plans.
[[nodiscard]] std::vector<std::string_view> name_table_sql();

} // namespace intermute::storage::sqlite
