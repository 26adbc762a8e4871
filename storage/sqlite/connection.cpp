#include "storage/sqlite/connection.hpp"

#include "storage/sqlite/fault_vfs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace intermute::storage::sqlite {

using base::errc;
using base::error;
using base::result;

namespace {

bool is_no_space(int system_error) noexcept {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

/// What the system said to the call that failed last. SQLite keeps it of a statement, but not when
/// COMMIT itself fails; then the log's own file still knows.
int system_error_of(sqlite3* db) noexcept {
  if (const auto kept = sqlite3_system_errno(db); kept != 0)
    return kept;
  sqlite3_file* log = nullptr;
  int number = 0;
  if (sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK
      && log != nullptr && log->pMethods != nullptr)
    log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO, &number);
  return number;
}

errc errc_of(int code, int system_error) noexcept {
  switch (code & 0xFF) { // The low byte is the primary code.
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_INTERRUPT: return errc::storage_busy;
  case SQLITE_FULL: return errc::storage_full;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB: return errc::storage_corrupt;
  case SQLITE_IOERR:
    if (code == SQLITE_IOERR_CORRUPTFS || code == SQLITE_IOERR_DATA)
      return errc::storage_corrupt;
    return is_no_space(system_error) ? errc::storage_full : errc::storage_failed;
  case SQLITE_CANTOPEN: // The log of a transaction may be what cannot be made.
    return is_no_space(system_error) ? errc::storage_full : errc::storage_failed;
  case SQLITE_CONSTRAINT:
  case SQLITE_MISMATCH:
  case SQLITE_TOOBIG:
  case SQLITE_MISUSE:
  case SQLITE_RANGE: return errc::internal; // Our defect; the store is well.
  default: return errc::storage_failed;
  }
}

std::string_view advice_for(errc code) noexcept {
  switch (code) {
  case errc::storage_busy: return "Try again.";
  case errc::storage_full: return "Free space on the disk that holds the database.";
  case errc::storage_corrupt: return "Stop the server and restore the last good backup.";
  default: return "Look at the disk and at the permissions of the data directory.";
  }
}

error make_error(errc code, const std::string& text, int extended) {
  return {code,
          "SQLite: " + text + " (code " + std::to_string(extended) + "). "
            + std::string{advice_for(code)},
          {}};
}

} // namespace

error failure_of(sqlite3* db, int code) {
  if (code == SQLITE_INTERRUPT)
    return {errc::storage_busy,
            "The read took too long and was given up. Ask for less, or try again.",
            {}};
  if (db == nullptr)
    return make_error(errc_of(code, 0), sqlite3_errstr(code), code);
  // First: the calls below might replace it.
  const std::string text = sqlite3_errmsg(db);
  const bool by_system = (code & 0xFF) == SQLITE_IOERR || (code & 0xFF) == SQLITE_CANTOPEN;
  return make_error(errc_of(code, by_system ? system_error_of(db) : 0), text, code);
}

int code_of(faults::kind what) noexcept {
  switch (what) {
  case faults::kind::none: return SQLITE_OK;
  case faults::kind::busy: return SQLITE_BUSY;
  case faults::kind::full: return SQLITE_FULL;
  case faults::kind::io_error: return SQLITE_IOERR;
  case faults::kind::corrupt: break;
  }
  return SQLITE_CORRUPT;
}

error failure_of(faults::kind what) {
  const auto code = code_of(what);
  return make_error(errc_of(code, 0), std::string{"injected: "} + sqlite3_errstr(code), code);
}

// ---- run --------------------------------------------------------------------------------------

run::~run() {
  sqlite3_reset(stmt_); // Repeats the last step's error, which was reported then.
  sqlite3_clear_bindings(stmt_);
}

result<bool> run::next() {
  if (bind_code_ != SQLITE_OK)
    return failure_of(sqlite3_db_handle(stmt_), bind_code_);
  const auto code = sqlite3_step(stmt_);
  if (code == SQLITE_ROW)
    return true;
  if (code == SQLITE_DONE)
    return false;
  return failure_of(sqlite3_db_handle(stmt_), code);
}

result<void> run::done() {
  for (;;) { // Ends: a statement gives finitely many rows.
    const auto more = next();
    if (!more)
      return more.why();
    if (!*more)
      return {};
  }
}

result<void> run::write() {
  if (const auto fault = faults::hit(faults::point::writer_write); fault != faults::kind::none)
    return failure_of(fault);
  return done();
}

bool run::changed_any() const noexcept { return sqlite3_changes64(sqlite3_db_handle(stmt_)) > 0; }

bool run::is_null(int column) const noexcept {
  return sqlite3_column_type(stmt_, column) == SQLITE_NULL;
}

std::int64_t run::integer(int column) const noexcept { return sqlite3_column_int64(stmt_, column); }

domain::cursor run::position(int column) const noexcept {
  return static_cast<domain::cursor>(std::max<std::int64_t>(0, integer(column)));
}

std::string_view run::text(int column) const noexcept {
  const auto* data = sqlite3_column_text(stmt_, column); // First, as it may convert.
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column));
  return {reinterpret_cast<const char*>(data), data == nullptr ? 0 : size};
}

std::string_view run::bytes(int column) const noexcept {
  const auto* data = sqlite3_column_blob(stmt_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column));
  return {static_cast<const char*>(data), data == nullptr ? 0 : size};
}

stored_id run::id(int column) const {
  base::uuid_bytes uuid{};
  if (sqlite3_column_type(stmt_, column) != SQLITE_BLOB)
    return stored_id{text(column)};
  const auto raw = bytes(column);
  if (raw.size() != uuid.size())
    return stored_id{raw}; // Damage; the row's checksum tells of it.
  std::memcpy(uuid.data(), raw.data(), uuid.size());
  return stored_id{uuid};
}

void run::bind(int at, std::int64_t value) { note(sqlite3_bind_int64(stmt_, at, value)); }

void run::bind(int at, std::uint64_t value) {
  constexpr auto highest = std::numeric_limits<std::int64_t>::max();
  bind(at,
       value > static_cast<std::uint64_t>(highest) ? highest : static_cast<std::int64_t>(value));
}

void run::bind(int at, std::uint32_t value) { bind(at, static_cast<std::int64_t>(value)); }

void run::bind(int at, int value) { bind(at, static_cast<std::int64_t>(value)); }

void run::bind(int at, bool value) { bind(at, static_cast<std::int64_t>(value ? 1 : 0)); }

void run::bind(int at, std::string_view value) {
  // A null pointer would be bound as NULL.
  const auto* data = value.data() == nullptr ? "" : value.data();
  note(sqlite3_bind_text64(stmt_, at, data, value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void run::bind(int at, const std::string& value) { bind(at, std::string_view{value}); }

void run::bind(int at, const blob& value) {
  const auto* data = value.bytes.data() == nullptr ? "" : value.bytes.data();
  note(sqlite3_bind_blob64(stmt_, at, data, value.bytes.size(), SQLITE_STATIC));
}

void run::bind(int at, const stored_id& value) {
  if (!value.uuid())
    return bind(at, value.text());
  // Copied, since the bytes lie in the id itself, which is often a temporary.
  note(
    sqlite3_bind_blob64(stmt_, at, value.uuid()->data(), value.uuid()->size(), SQLITE_TRANSIENT));
}

void run::bind(int at, const std::optional<std::int64_t>& value) {
  if (value)
    return bind(at, *value);
  note(sqlite3_bind_null(stmt_, at));
}

void run::bind(int at, const std::optional<std::string>& value) {
  if (value)
    return bind(at, *value);
  note(sqlite3_bind_null(stmt_, at));
}

void run::note(int code) noexcept {
  if (code != SQLITE_OK)
    bind_code_ = code;
}

// ---- connection -------------------------------------------------------------------------------

void connection::close::operator()(sqlite3* db) const noexcept {
  sqlite3_close_v2(db); // Never fails; all statements are gone by then.
}

result<connection> connection::open(const std::string& path, access how,
                                    std::chrono::milliseconds busy_timeout) {
  const auto* vfs = fault_vfs();
  const int mode = how == access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  sqlite3* raw = nullptr;
  // SQLite gives a handle even when it fails; it holds the message and has to be closed.
  const auto code = sqlite3_open_v2(path.c_str(), &raw, mode | SQLITE_OPEN_NOMUTEX, vfs);
  connection opened{raw};
  if (code != SQLITE_OK)
    return failure_of(raw, code);
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, static_cast<int>(busy_timeout.count()));
  if (how == access::read)
    sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return opened;
}

result<connection> connection::open_memory() {
  sqlite3* raw = nullptr;
  const auto code = sqlite3_open_v2(
    ":memory:", &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  connection opened{raw};
  if (code != SQLITE_OK)
    return failure_of(raw, code);
  return opened;
}

result<void> connection::execute(const char* sql) {
  const auto code = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK)
    return failure_of(db_.get(), code);
  return {};
}

result<statement> connection::prepare(std::string_view sql) const {
  sqlite3_stmt* compiled = nullptr;
  const auto code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                       SQLITE_PREPARE_PERSISTENT, &compiled, nullptr);
  if (code != SQLITE_OK)
    return failure_of(db_.get(), code);
  return statement{compiled};
}

result<void> connection::prepare(std::initializer_list<wanted> all) const {
  for (const auto& one : all) {
    auto compiled = prepare(one.sql);
    if (!compiled)
      return compiled.why();
    *one.into = std::move(*compiled);
  }
  return {};
}

result<std::string> connection::value(std::string_view sql) const {
  const auto compiled = prepare(sql);
  if (!compiled)
    return compiled.why();
  run row{*compiled};
  const auto found = row.next();
  if (!found)
    return found.why();
  return *found ? std::string{row.text(0)} : std::string{};
}

bool connection::in_transaction() const noexcept { return sqlite3_get_autocommit(db_.get()) == 0; }

} // namespace intermute::storage::sqlite
