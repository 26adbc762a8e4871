#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Changes of messages, inbox and events. The caller owns the transaction.
class message_ops {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<message_ops> open(const connection& db, name_table& projects,
                                                      name_table& names);

  [[nodiscard]] base::result<put_message_outcome> put(const put_message& what, cursor& last);
  [[nodiscard]] base::result<mark_outcome> mark(const mark_message& what, cursor& last);

private:
  /// Where a marked message has the entry of one agent.
  struct marked {
    cursor message = 0;
    cursor entry = 0;
  };

  [[nodiscard]] base::result<std::optional<stored_message>> find(std::int64_t project,
                                                                 const domain::message& wanted);
  [[nodiscard]] base::result<put_message_outcome> insert(std::int64_t project,
                                                         const put_message& what, cursor& last);
  [[nodiscard]] base::result<put_message_outcome>
  repost(std::int64_t project, const domain::message& wanted, stored_message stored, cursor& last);
  /// Gives each of `added` an entry at `at` and logs it. Returns them with their keys.
  [[nodiscard]] base::result<void> add_late(std::int64_t project, const domain::message& wanted,
                                            const std::vector<domain::recipient>& added, cursor at,
                                            stored_message& stored);
  [[nodiscard]] base::result<void> replace(std::int64_t project, const stored_message& stored,
                                           const domain::message& merged);
  [[nodiscard]] base::result<marked> entry_of(std::int64_t project, const stored_id& id,
                                              std::int64_t agent);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement insert_;
  statement find_;
  statement replace_;
  statement add_entry_;
  statement add_event_;
  statement recipients_;
  statement set_read_;
  statement set_ack_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> message_ops_sql();

} // namespace intermute::storage::sqlite
