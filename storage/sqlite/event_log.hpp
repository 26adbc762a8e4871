#pragma once

#include "domain/inbox.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Appends to the table events. The caller owns the transaction and takes the cursor.
class event_log {
public:
  [[nodiscard]] static base::result<event_log> open(const connection& db);

  struct entry {
    cursor at = 0;
    std::int64_t project = 0;
    event_kind kind = event_kind::message_created;
    stored_id subject{std::string_view{}}; ///< The message or the reservation.
    std::optional<std::int64_t> agent;     ///< Who read or acknowledged, or the holder.
    base::wall_time created_at{};
    std::optional<std::int64_t> message; ///< messages.cursor, for late recipients.
  };
  [[nodiscard]] base::result<void> append(const entry& what);

private:
  statement append_;
};

/// Reads the log as agents see it: entries of their inboxes, and everything else of a project.
class event_queries {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<event_queries> open(const connection& db, name_table& projects,
                                                        name_table& names);

  /// All of the page but its high water.
  [[nodiscard]] base::result<event_page> page(const event_query& wanted);

private:
  [[nodiscard]] base::result<void>
  project_events(const std::string& project, const event_query& wanted, std::vector<event>& into);
  [[nodiscard]] base::result<event> read_event(const run& row, const event_query& wanted);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement events_;
};

/// Their SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> event_log_sql();

} // namespace intermute::storage::sqlite
