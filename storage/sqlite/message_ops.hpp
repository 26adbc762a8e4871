#pragma once

#include "storage/sqlite/ack_ops.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/event_log.hpp"
#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/thread_ops.hpp"
#include "storage/store.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Changes of messages, inbox and events, and of the indexes of threads and of pending
/// acknowledgements that follow from them. The caller owns the transaction.
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
    cursor entry = 0; ///< 0 if it has none.
    std::int64_t created_at = 0;
    bool ack_required = false;
  };

  [[nodiscard]] base::result<std::optional<stored_message>> find(std::int64_t project,
                                                                 const domain::message& wanted);
  [[nodiscard]] base::result<put_message_outcome> insert(std::int64_t project,
                                                         const put_message& what, cursor& last);
  /// Gives each recipient of the new message its entry, and puts the message into its thread.
  [[nodiscard]] base::result<void> add_entries(const message_row& row,
                                               const std::vector<stored_recipient>& recipients);
  [[nodiscard]] base::result<put_message_outcome>
  repost(std::int64_t project, const domain::message& wanted, stored_message stored, cursor& last);
  /// Gives each of `added` an entry at `at`, logs it, and appends them to those of `stored`.
  [[nodiscard]] base::result<void> add_late(std::int64_t project, const domain::message& wanted,
                                            const std::vector<domain::recipient>& added, cursor at,
                                            stored_message& stored);
  [[nodiscard]] base::result<void> add_late_to_thread(std::int64_t project,
                                                      const std::vector<std::int64_t>& agents,
                                                      cursor at, const stored_message& stored);
  [[nodiscard]] base::result<void> replace(std::int64_t project, const stored_message& stored,
                                           const domain::message& merged);
  /// Mends the list of pending acknowledgements after a change of `stored` into `merged`.
  /// @param added_at  Of the entries that are new; 0 if there are none.
  [[nodiscard]] base::result<void> settle_acks(std::int64_t project, const stored_message& stored,
                                               const domain::message& merged, cursor added_at);
  /// Sets the mark if it is not set. @returns True if this was the first time.
  [[nodiscard]] base::result<bool> set_mark(mark_kind kind, const ack_ops::entry& where,
                                            bool ack_required, std::int64_t at);
  [[nodiscard]] base::result<marked> entry_of(std::int64_t project, const stored_id& id,
                                              std::int64_t agent);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  event_log events_;
  thread_ops threads_;
  ack_ops acks_;
  statement insert_;
  statement find_;
  statement replace_;
  statement add_entry_;
  statement recipients_;
  statement set_read_;
  statement set_ack_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> message_ops_sql();

} // namespace intermute::storage::sqlite
