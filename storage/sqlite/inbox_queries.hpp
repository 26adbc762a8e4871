#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Reads inboxes.
class inbox_queries {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<inbox_queries> open(const connection& db, name_table& projects,
                                                        name_table& names);

  [[nodiscard]] base::result<std::vector<inbox_entry>> find(const inbox_query& wanted);

  /// All of the snapshot but its high water.
  [[nodiscard]] base::result<inbox_snapshot> load(const std::string& project,
                                                  const std::string& agent, std::uint32_t tail_max);

  [[nodiscard]] base::result<std::vector<inbox_entry>> stale_acks(const std::string& project,
                                                                  const std::string& agent,
                                                                  base::wall_time created_max,
                                                                  std::uint32_t limit);

private:
  /// One inbox by its keys.
  struct inbox_key {
    std::int64_t project = 0;
    std::int64_t agent = 0;
  };
  /// Where an entry lies.
  struct entry_place {
    cursor at = 0;
    std::int64_t project = 0;
  };
  struct page_bounds {
    cursor since = 0;
    bool descending = false;
    bool unread_only = false;
    std::uint32_t limit = 0;
  };

  /// Nothing if one of the names is unknown: then it has no entries.
  [[nodiscard]] base::result<std::optional<inbox_key>> key_of(const std::string& project,
                                                              const std::string& agent);
  [[nodiscard]] base::result<void> page(const inbox_key& of, const page_bounds& bounds,
                                        std::vector<inbox_entry>& into);
  [[nodiscard]] base::result<void> read_all(run& rows, std::vector<inbox_entry>& into);
  [[nodiscard]] base::result<inbox_entry> read_entry(const run& row);
  [[nodiscard]] base::result<void> spanning_page(std::int64_t agent, const page_bounds& bounds,
                                                 std::vector<inbox_entry>& into);
  [[nodiscard]] base::result<std::vector<std::int64_t>> projects_of(std::int64_t agent);
  [[nodiscard]] base::result<void> places(const inbox_key& of, const page_bounds& bounds,
                                          std::vector<entry_place>& into);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement page_up_;
  statement page_down_;
  statement places_up_;
  statement places_down_;
  statement projects_of_;
  statement counts_;
  statement stale_acks_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> inbox_queries_sql();

} // namespace intermute::storage::sqlite
