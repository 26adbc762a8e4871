#pragma once

#include "storage/sqlite/agent_ops.hpp"
#include "storage/sqlite/engine.hpp"
#include "storage/sqlite/event_log.hpp"
#include "storage/sqlite/inbox_queries.hpp"
#include "storage/sqlite/message_queries.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/project_queries.hpp"
#include "storage/sqlite/replay_ops.hpp"
#include "storage/sqlite/reservation_ops.hpp"
#include "storage/sqlite/snapshot.hpp"
#include "storage/sqlite/thread_queries.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// A read-only connection: it can neither write nor checkpoint. Puts every call into a snapshot
/// of its own; what is read stands in the queries.
class sqlite_reader final : public reader {
public:
  [[nodiscard]] static base::result<std::unique_ptr<sqlite_reader>> open(opened_file_ptr file);

  [[nodiscard]] base::result<std::vector<domain::agent>> agents() override;
  [[nodiscard]] base::result<std::vector<inbox_entry>> inbox(const inbox_query& wanted) override;
  [[nodiscard]] base::result<inbox_snapshot>
  load_inbox(const std::string& project, const std::string& agent, std::uint32_t tail_max) override;
  [[nodiscard]] base::result<event_page> events(const event_query& wanted) override;
  [[nodiscard]] base::result<placed_message> message(const std::string& project,
                                                     const std::string& id) override;
  /// @param limit  1 to 100,000.
  [[nodiscard]] base::result<std::vector<thread_summary>> threads(const std::string& project,
                                                                  const std::string& agent,
                                                                  cursor below,
                                                                  std::uint32_t limit) override;
  /// @param limit  1 to 100,000.
  [[nodiscard]] base::result<std::vector<placed_message>> thread(const std::string& project,
                                                                 const std::string& thread_id,
                                                                 cursor since,
                                                                 std::uint32_t limit) override;
  [[nodiscard]] base::result<std::vector<bool>>
  in_thread(const std::string& project, const std::string& thread_id,
            const std::vector<std::string>& agents) override;
  /// @param limit  1 to 1,000.
  [[nodiscard]] base::result<std::vector<placed_message>> topic(const std::string& project,
                                                                const std::string& topic,
                                                                cursor since,
                                                                std::uint32_t limit) override;
  /// @param limit  1 to 1,000.
  [[nodiscard]] base::result<std::vector<inbox_entry>> stale_acks(const std::string& project,
                                                                  const std::string& agent,
                                                                  base::wall_time created_max,
                                                                  std::uint32_t limit) override;
  [[nodiscard]] base::result<std::vector<reservation>>
  open_reservations(const std::string& project) override;
  [[nodiscard]] base::result<std::vector<reservation>>
  reservations_of(const std::string& agent_id) override;
  [[nodiscard]] base::result<std::optional<reservation>>
  find_reservation(const std::string& id) override;
  [[nodiscard]] base::result<bool> holds_any(const std::string& agent_id,
                                             base::wall_time now) override;
  /// By name.
  [[nodiscard]] base::result<std::vector<std::string>> projects_with_reservations() override;
  [[nodiscard]] base::result<std::optional<replay>> find_replay(const std::string& scope,
                                                                base::wall_time now) override;
  /// @param limit  1 to 1,000.
  [[nodiscard]] base::result<std::vector<project_summary>>
  projects(const std::optional<std::string>& after, std::uint32_t limit) override;

  /// As `message_queries::check`.
  [[nodiscard]] base::result<std::optional<cursor>> check_messages(cursor since,
                                                                   std::uint32_t limit);

  [[nodiscard]] connection& db() noexcept { return db_; }

private:
  sqlite_reader(opened_file_ptr file, connection db);
  [[nodiscard]] base::result<void> prepare();
  [[nodiscard]] base::result<void> prepare_queries();
  [[nodiscard]] base::result<cursor> high_water();

  opened_file_ptr file_;
  connection db_;
  std::unique_ptr<snapshots> snapshots_;
  name_table projects_;
  name_table names_;
  agent_list agents_;
  inbox_queries inbox_;
  event_queries events_;
  message_queries messages_;
  thread_queries threads_;
  reservation_queries reservations_;
  replay_queries replays_;
  project_queries project_list_;
  statement high_water_;
};

/// Its SQL but for that of its queries, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> reader_sql();

} // namespace intermute::storage::sqlite
