#pragma once

#include "storage/sqlite/agent_ops.hpp"
#include "storage/sqlite/engine.hpp"
#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/snapshot.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// A read-only connection: it can neither write nor checkpoint.
class sqlite_reader final : public reader {
public:
  [[nodiscard]] static base::result<std::unique_ptr<sqlite_reader>> open(opened_file_ptr file);

  [[nodiscard]] base::result<std::vector<domain::agent>> agents() override;
  [[nodiscard]] base::result<std::vector<inbox_entry>> inbox(const inbox_query& wanted) override;
  [[nodiscard]] base::result<inbox_snapshot>
  load_inbox(const std::string& project, const std::string& agent, std::uint32_t tail_max) override;
  [[nodiscard]] base::result<event_page> events(const event_query& wanted) override;

  /// Compares the checksums of at most `limit` messages above `since`.
  /// @returns The last cursor looked at; nothing when there are no more.
  [[nodiscard]] base::result<std::optional<cursor>> check_messages(cursor since,
                                                                   std::uint32_t limit);

  [[nodiscard]] connection& db() noexcept { return db_; }

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

  sqlite_reader(opened_file_ptr file, connection db);
  [[nodiscard]] base::result<void> prepare();
  [[nodiscard]] base::result<cursor> high_water();
  [[nodiscard]] base::result<void> page(const inbox_key& of, const page_bounds& bounds,
                                        std::vector<inbox_entry>& into);
  [[nodiscard]] base::result<inbox_entry> read_entry(const run& row);
  [[nodiscard]] base::result<void> spanning_page(std::int64_t agent, const page_bounds& bounds,
                                                 std::vector<inbox_entry>& into);
  [[nodiscard]] base::result<std::vector<std::int64_t>> projects_of(std::int64_t agent);
  [[nodiscard]] base::result<void> places(const inbox_key& of, const page_bounds& bounds,
                                          std::vector<entry_place>& into);
  [[nodiscard]] base::result<void>
  project_events(const std::string& project, const event_query& wanted, std::vector<event>& into);

  opened_file_ptr file_;
  connection db_;
  std::unique_ptr<snapshots> snapshots_;
  name_table projects_;
  name_table names_;
  agent_list agents_;
  statement high_water_;
  statement page_up_;
  statement page_down_;
  statement places_up_;
  statement places_down_;
  statement projects_of_;
  statement counts_;
  statement events_;
  statement check_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> reader_sql();

} // namespace intermute::storage::sqlite
