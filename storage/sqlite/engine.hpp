#pragma once

#include "storage/sqlite/agent_ops.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/data_file.hpp"
#include "storage/sqlite/message_ops.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/sqlite/open.hpp"
#include "storage/sqlite/replay_ops.hpp"
#include "storage/sqlite/reservation_ops.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// What the store, its engine and its readers share: the last of them gives the lock back.
struct opened_file {
  sqlite_options options; ///< With the path made absolute.
  lock_file lock;
};
using opened_file_ptr = std::shared_ptr<const opened_file>;

/// One life of the writing connection with everything compiled on it.
class write_session {
public:
  /// Opens an existing file of the current schema version.
  [[nodiscard]] static base::result<std::unique_ptr<write_session>>
  open(const sqlite_options& options);

  write_session(const write_session&) = delete;
  write_session& operator=(const write_session&) = delete;

  [[nodiscard]] base::result<batch_state> load_state();

  /// Copies the log into the database and empties it; waits for readers up to `patience`.
  [[nodiscard]] base::result<void> truncate_log(std::chrono::milliseconds patience);

  connection db;
  name_table projects;
  name_table names;
  message_ops messages;
  agent_ops agents;
  reservation_ops reservations;
  replay_ops replays;
  statement begin;
  statement commit;
  statement rollback;
  statement save;
  statement release;
  statement back;
  statement put_state;
  statement get_state;
  std::uint32_t log_pages = 0; ///< In the log after the last commit.

private:
  write_session(connection opened, std::chrono::milliseconds busy_timeout)
    : db(std::move(opened)), busy_timeout_(busy_timeout) {}
  [[nodiscard]] base::result<void> prepare();

  std::chrono::milliseconds busy_timeout_;
};

/// The one connection that writes and checkpoints.
class sqlite_engine final : public engine {
public:
  sqlite_engine(opened_file_ptr file, std::unique_ptr<write_session> session, batch_state state);
  ~sqlite_engine() override;

  [[nodiscard]] base::result<void> begin() override;
  [[nodiscard]] base::result<outcome> apply(const row_operation& what, cursor& last) override;
  [[nodiscard]] base::result<void> commit(const batch_state& state) override;
  [[nodiscard]] base::result<void> rollback() override;
  [[nodiscard]] base::result<void> savepoint() override;
  [[nodiscard]] base::result<void> release_savepoint() override;
  /// Undoes what was done since `savepoint` and ends it.
  [[nodiscard]] base::result<void> rollback_to_savepoint() override;
  [[nodiscard]] base::result<batch_state> reopen() override;
  [[nodiscard]] base::result<void> make_durable() override;
  void between_batches() override;
  [[nodiscard]] batch_state state() const override { return state_; }

private:
  [[nodiscard]] base::result<void> run_once(statement write_session::*what);
  [[nodiscard]] base::result<void> in_transaction() const;
  void forget_names();

  opened_file_ptr file_;
  std::unique_ptr<write_session> session_; ///< Null after a `reopen` that failed.
  batch_state state_;
  std::uint32_t checkpointed_ = 0; ///< Pages of log when it was last checkpointed.
  bool commit_may_linger_ = false; ///< A commit told as failed may be whole in the log.
};

/// SQL of the engine itself, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> engine_sql();

} // namespace intermute::storage::sqlite
