#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/event_log.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Changes of reservations, with their events. The caller owns the transaction.
class reservation_ops {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<reservation_ops> open(const connection& db,
                                                          name_table& projects, name_table& names);

  [[nodiscard]] base::result<put_reservation_outcome> put(const put_reservation& what,
                                                          cursor& last);
  [[nodiscard]] base::result<end_reservations_outcome> end(const end_reservations& what,
                                                           cursor& last);
  [[nodiscard]] base::result<end_reservations_outcome> end_of(const end_reservations_of& what,
                                                              cursor& last);

private:
  /// How and when reservations end.
  struct ending {
    domain::release_reason why{};
    base::wall_time at{};
  };
  /// A stored reservation with its keys.
  struct held {
    cursor at = 0;
    std::int64_t project = 0;
    std::int64_t agent = 0;
    domain::reservation reservation;
  };

  [[nodiscard]] base::result<held> read_held(const run& row);
  /// Ends it, unless it has ended, at `last` + 1, and appends it to `into`.
  [[nodiscard]] base::result<void> end_one(held found, const ending& how, cursor& last,
                                           end_reservations_outcome& into);
  [[nodiscard]] base::result<void> end_all(const std::vector<cursor>& all, const ending& how,
                                           cursor& last, end_reservations_outcome& into);
  [[nodiscard]] base::result<std::optional<held>> find(const std::string& id);
  [[nodiscard]] base::result<std::vector<cursor>> open_ones(std::int64_t agent);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  event_log events_;
  statement insert_;
  statement by_id_;
  statement by_cursor_;
  statement open_ones_;
  statement end_;
};

/// Reads reservations.
class reservation_queries {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<reservation_queries>
  open(const connection& db, name_table& projects, name_table& names);

  [[nodiscard]] base::result<std::vector<reservation>> open_in(const std::string& project);
  [[nodiscard]] base::result<std::vector<reservation>> of_agent(const std::string& agent);
  [[nodiscard]] base::result<std::optional<reservation>> by_id(const std::string& id);
  [[nodiscard]] base::result<bool> holds_any(const std::string& agent, base::wall_time now);
  /// By name.
  [[nodiscard]] base::result<std::vector<std::string>> projects_with_open();

private:
  [[nodiscard]] base::result<std::vector<reservation>> read_all(run& rows);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement open_in_;
  statement of_agent_;
  statement by_id_;
  statement holds_any_;
  statement projects_with_open_;
};

/// Their SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> reservation_ops_sql();

} // namespace intermute::storage::sqlite
