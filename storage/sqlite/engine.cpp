#include "storage/sqlite/engine.hpp"

#include "storage/sqlite/pragmas.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

namespace intermute::storage::sqlite {

using base::errc;
using base::error;
using base::result;

namespace {

constexpr std::string_view put_state_sql = R"sql(
  UPDATE state SET batch = ?1, high_water = ?2 WHERE id = 1)sql";

// The cursors tell whether the high water was lost: then cursors would be given out twice.
constexpr std::string_view get_state_sql = R"sql(
  SELECT batch, high_water,
         max(ifnull((SELECT max(cursor) FROM messages), 0),
             ifnull((SELECT max(cursor) FROM events), 0))
  FROM state WHERE id = 1)sql";

/// From this many times the usual length on, the log is emptied although readers have to be
/// waited for. With the usual length of 4,000 pages it stays below 64 MiB.
constexpr std::uint32_t truncate_factor = 2;

/// Longer than any reader's snapshot, which takes a second.
constexpr std::chrono::milliseconds durable_patience{2000};

int on_commit(void* counter, sqlite3*, const char*, int pages) {
  *static_cast<std::uint32_t*>(counter) = static_cast<std::uint32_t>(std::max(0, pages));
  return SQLITE_OK;
}

error not_open() {
  return {errc::storage_failed, "The database could not be opened again; this is tried anew.", {}};
}

result<void> apply_to(write_session& on, const put_agent& what, cursor&) {
  return on.agents.put(what.agent);
}

result<void> apply_to(write_session& on, const touch_agents& what, cursor&) {
  return on.agents.touch(what);
}

result<void> apply_to(write_session& on, const set_contact& what, cursor&) {
  return on.agents.set(what);
}

result<put_message_outcome> apply_to(write_session& on, const put_message& what, cursor& last) {
  return on.messages.put(what, last);
}

result<mark_outcome> apply_to(write_session& on, const mark_message& what, cursor& last) {
  return on.messages.mark(what, last);
}

result<put_reservation_outcome> apply_to(write_session& on, const put_reservation& what,
                                         cursor& last) {
  return on.reservations.put(what, last);
}

result<end_reservations_outcome> apply_to(write_session& on, const end_reservations& what,
                                          cursor& last) {
  return on.reservations.end(what, last);
}

result<end_reservations_outcome> apply_to(write_session& on, const end_reservations_of& what,
                                          cursor& last) {
  return on.reservations.end_of(what, last);
}

result<void> apply_to(write_session& on, const put_replay& what, cursor&) {
  return on.replays.put(what);
}

/// True if a COMMIT that failed with `code` may have written all of its log records.
bool may_linger(int code) noexcept {
  switch (code & 0xFF) {
  case SQLITE_FULL:
  case SQLITE_BUSY: return false;
  case SQLITE_IOERR: return code != SQLITE_IOERR_WRITE;
  default: return true;
  }
}

} // namespace

// ---- write_session ----------------------------------------------------------------------------

result<std::unique_ptr<write_session>> write_session::open(const sqlite_options& options) {
  auto db = connection::open(options.path.string(), access::write, options.busy_timeout);
  if (!db)
    return db.why();
  if (auto set = set_pragmas(*db, access::write, options); !set)
    return set.why();
  std::unique_ptr<write_session> made{new write_session{std::move(*db), options.busy_timeout}};
  if (auto ready = made->prepare(); !ready)
    return ready.why();
  sqlite3_wal_hook(made->db.raw(), on_commit, &made->log_pages);
  return made;
}

result<void> write_session::prepare() {
  auto ready = put_into(projects, name_table::open(db, names_of::projects, access::write));
  if (ready)
    ready = put_into(names, name_table::open(db, names_of::agents, access::write));
  if (ready)
    ready = put_into(messages, message_ops::open(db, projects, names));
  if (ready)
    ready = put_into(agents, agent_ops::open(db, projects, names));
  if (ready)
    ready = put_into(reservations, reservation_ops::open(db, projects, names));
  if (ready)
    ready = put_into(replays, replay_ops::open(db));
  if (ready)
    ready = db.prepare({{&begin, "BEGIN IMMEDIATE"},
                        {&commit, "COMMIT"},
                        {&rollback, "ROLLBACK"},
                        {&save, "SAVEPOINT one_change"},
                        {&release, "RELEASE one_change"},
                        {&back, "ROLLBACK TO one_change"},
                        {&put_state, put_state_sql},
                        {&get_state, get_state_sql}});
  return ready;
}

result<batch_state> write_session::load_state() {
  run row{get_state};
  const auto found = row.next();
  if (!found)
    return found.why();
  if (!*found)
    return {errc::storage_corrupt,
            "The database has lost its state row. Restore the last good backup."};
  const batch_state state{row.position(0), row.position(1)};
  if (row.position(2) > state.high_water)
    return {errc::storage_corrupt, "The database holds cursor " + std::to_string(row.position(2))
                                     + " above its high water " + std::to_string(state.high_water)
                                     + ". Restore the last good backup."};
  return state;
}

result<void> write_session::truncate_log(std::chrono::milliseconds patience) {
  sqlite3_busy_timeout(db.raw(), static_cast<int>(patience.count()));
  const auto code
    = sqlite3_wal_checkpoint_v2(db.raw(), "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(db.raw(), static_cast<int>(busy_timeout_.count()));
  if (code != SQLITE_OK)
    return failure_of(db.raw(), code);
  log_pages = 0;
  return {};
}

// ---- sqlite_engine ----------------------------------------------------------------------------

sqlite_engine::sqlite_engine(opened_file_ptr file, std::unique_ptr<write_session> session,
                             batch_state state)
  : file_(std::move(file)), session_(std::move(session)), state_(state) {}

sqlite_engine::~sqlite_engine() {
  // A log that cannot be emptied now is read again at the next start: nothing is lost.
  if (session_ && rollback())
    (void)session_->truncate_log(file_->options.busy_timeout);
}

result<void> sqlite_engine::run_once(statement write_session::*what) {
  if (!session_)
    return not_open();
  return run{session_.get()->*what}.done();
}

result<void> sqlite_engine::in_transaction() const {
  if (!session_)
    return not_open();
  if (!session_->db.in_transaction()) // Else every statement would be committed by itself.
    return {errc::storage_failed, "The transaction was given up by SQLite; roll it back."};
  return {};
}

void sqlite_engine::forget_names() {
  session_->projects.rolled_back();
  session_->names.rolled_back();
}

result<void> sqlite_engine::begin() {
  auto begun = run_once(&write_session::begin);
  if (begun) {
    session_->projects.begin();
    session_->names.begin();
  }
  return begun;
}

result<outcome> sqlite_engine::apply(const row_operation& what, cursor& last) {
  if (auto inside = in_transaction(); !inside)
    return inside.why();
  const auto wrapped = [](const auto& done) -> result<outcome> {
    if (!done)
      return done.why();
    if constexpr (std::is_same_v<std::decay_t<decltype(done)>, result<void>>)
      return outcome{};
    else
      return outcome{*done};
  };
  return std::visit([&](const auto& one) { return wrapped(apply_to(*session_, one, last)); }, what);
}

result<void> sqlite_engine::commit(const batch_state& state) {
  if (auto inside = in_transaction(); !inside)
    return inside;
  if (auto stored = run{session_->put_state, state.batch, state.high_water}.done(); !stored)
    return stored;
  if (const auto fault = faults::hit(faults::point::writer_commit); fault != faults::kind::none)
    return failure_of(fault);
  if (auto done = run_once(&write_session::commit); !done) {
    commit_may_linger_ = may_linger(sqlite3_extended_errcode(session_->db.raw()));
    return done;
  }
  if (const auto fault = faults::hit(faults::point::writer_commit_after);
      fault != faults::kind::none)
    return failure_of(fault);
  return {};
}

result<void> sqlite_engine::rollback() {
  if (!session_)
    return not_open();
  forget_names();
  if (!session_->db.in_transaction()) // A full disk or an I/O error may have ended it already.
    return {};
  auto undone = run_once(&write_session::rollback);
  if (!undone && !session_->db.in_transaction())
    return {};
  return undone;
}

result<void> sqlite_engine::savepoint() {
  if (auto inside = in_transaction(); !inside)
    return inside;
  return run_once(&write_session::save);
}

result<void> sqlite_engine::release_savepoint() { return run_once(&write_session::release); }

result<void> sqlite_engine::rollback_to_savepoint() {
  if (!session_)
    return not_open();
  forget_names();
  if (auto undone = run_once(&write_session::back); !undone)
    return undone;
  return run_once(&write_session::release);
}

result<batch_state> sqlite_engine::reopen() {
  if (session_) // The log is what tells whether the last commit took place: leave it as it is.
    sqlite3_db_config(session_->db.raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  session_.reset();
  auto opened = write_session::open(file_->options);
  if (!opened)
    return opened.why();
  const auto found = (*opened)->load_state();
  if (!found)
    return found.why();
  if (commit_may_linger_)
    // While readers hold the log's index, a commit that failed in its sync is not seen, but a
    // start after a crash would find it. Emptying the log settles it: what is seen now stays.
    if (auto emptied = (*opened)->truncate_log(durable_patience); !emptied)
      return emptied.why();
  commit_may_linger_ = false;
  session_ = std::move(*opened);
  checkpointed_ = 0;
  state_ = *found;
  return state_;
}

result<void> sqlite_engine::make_durable() {
  if (!session_)
    return not_open();
  return session_->truncate_log(durable_patience);
}

void sqlite_engine::between_batches() {
  if (!session_)
    return;
  const auto usual = file_->options.checkpoint_pages;
  if (session_->log_pages < checkpointed_) // It has begun anew.
    checkpointed_ = 0;
  if (session_->log_pages - checkpointed_ < usual)
    return;
  // A checkpoint that fails loses nothing: the log grows and it is tried again later.
  if (session_->log_pages >= usual * truncate_factor)
    (void)session_->truncate_log(file_->options.busy_timeout);
  else
    (void)sqlite3_wal_checkpoint_v2(session_->db.raw(), "main", SQLITE_CHECKPOINT_PASSIVE, nullptr,
                                    nullptr);
  checkpointed_ = session_->log_pages;
}

std::vector<std::string_view> engine_sql() { return {put_state_sql, get_state_sql}; }

} // namespace intermute::storage::sqlite
