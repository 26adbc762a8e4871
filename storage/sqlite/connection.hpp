#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "domain/message.hpp"
#include "storage/fault_points.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

/// The SQLite engine behind `storage/store.hpp`. Nothing outside storage/sqlite/ includes these
/// headers, but for `open.hpp`.
namespace intermute::storage::sqlite {

/// The error that `code`, just returned by a call on `db`, stands for.
[[nodiscard]] base::error failure_of(sqlite3* db, int code);

/// The result code that stands for an injected fault.
[[nodiscard]] int code_of(faults::kind what) noexcept;

/// The error of an injected fault.
[[nodiscard]] base::error failure_of(faults::kind what);

/// Bytes to be bound as a BLOB.
struct blob {
  std::string_view bytes;
};

/// A message id as it is stored: 16 bytes when it is a canonical lowercase UUID, else its text.
class stored_id {
public:
  /// @param text  Outlives the object.
  explicit stored_id(std::string_view text)
    : uuid_(base::parse_canonical_uuid(text)), text_(text) {}
  explicit stored_id(const base::uuid_bytes& uuid) : uuid_(uuid) {}

  [[nodiscard]] const std::optional<base::uuid_bytes>& uuid() const noexcept { return uuid_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] std::string to_string() const {
    return uuid_ ? base::format_uuid(*uuid_) : std::string{text_};
  }

private:
  std::optional<base::uuid_bytes> uuid_;
  std::string_view text_;
};

/// A compiled statement.
class statement {
public:
  statement() = default;
  explicit statement(sqlite3_stmt* compiled) : compiled_(compiled) {}
  [[nodiscard]] sqlite3_stmt* raw() const noexcept { return compiled_.get(); }

private:
  struct finalize {
    // The result repeats the last step's error, which was reported then.
    void operator()(sqlite3_stmt* one) const noexcept { sqlite3_finalize(one); }
  };
  std::unique_ptr<sqlite3_stmt, finalize> compiled_;
};

/// One execution of a statement: binds on entry, resets and unbinds on exit.
///
/// Bound texts and blobs are not copied: they must outlive the run; ids are copied. Views of
/// columns are valid until the next `next()` or the end of the run.
class run {
public:
  template <class... Values>
  explicit run(const statement& what, Values&&... values) : stmt_(what.raw()) {
    static_assert(
      ((!std::is_same_v<Values,
                        std::string> && !std::is_same_v<Values, std::optional<std::string>>)&&...),
      "this text dies before the statement runs; give it a name");
    int at = 0;
    (bind(++at, values), ...);
  }
  ~run();
  run(const run&) = delete;
  run& operator=(const run&) = delete;

  /// @returns True with a row, false at the end.
  [[nodiscard]] base::result<bool> next();

  /// Runs a statement that gives no rows wanted.
  [[nodiscard]] base::result<void> done();

  /// As `done`, for statements that change rows; the fault point `writer.write` stands before.
  [[nodiscard]] base::result<void> write();

  /// Rows that the last `write` changed.
  [[nodiscard]] bool changed_any() const noexcept;

  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] domain::cursor position(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;
  [[nodiscard]] std::string_view bytes(int column) const noexcept;
  [[nodiscard]] stored_id id(int column) const;

private:
  void bind(int at, std::int64_t value);
  void bind(int at, std::uint64_t value); ///< Cursors; those beyond 63 bits become the highest.
  void bind(int at, std::uint32_t value);
  void bind(int at, int value);
  void bind(int at, bool value);
  void bind(int at, std::string_view value);
  void bind(int at, const std::string& value);
  void bind(int at, const blob& value);
  void bind(int at, const stored_id& value);
  void bind(int at, const std::optional<std::int64_t>& value);
  void bind(int at, const std::optional<std::string>& value);
  void note(int code) noexcept;

  sqlite3_stmt* stmt_;
  int bind_code_ = SQLITE_OK;
};

enum class access : std::uint8_t { write, read };

/// An open database. Used by one thread at a time.
class connection {
public:
  /// Opens an existing file; `read` can neither write nor checkpoint.
  [[nodiscard]] static base::result<connection> open(const std::string& path, access how,
                                                     std::chrono::milliseconds busy_timeout);

  /// A private database in memory.
  [[nodiscard]] static base::result<connection> open_memory();

  /// Runs one or more statements whose rows nobody wants.
  [[nodiscard]] base::result<void> execute(const char* sql);
  [[nodiscard]] base::result<void> execute(const std::string& sql) { return execute(sql.c_str()); }

  [[nodiscard]] base::result<statement> prepare(std::string_view sql) const;

  struct wanted {
    statement* into;
    std::string_view sql;
  };
  /// Compiles all of them, or tells why the first one fails.
  [[nodiscard]] base::result<void> prepare(std::initializer_list<wanted> all) const;

  /// The first column of the first row of `sql` as text; empty without a row.
  [[nodiscard]] base::result<std::string> value(std::string_view sql) const;

  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] sqlite3* raw() const noexcept { return db_.get(); }

private:
  struct close {
    void operator()(sqlite3* db) const noexcept;
  };
  explicit connection(sqlite3* db) : db_(db) {}

  std::unique_ptr<sqlite3, close> db_;
};

/// Moves what was opened to its place, or tells why it could not be.
template <class Part>
[[nodiscard]] base::result<void> put_into(Part& place, base::result<Part> opened) {
  if (!opened)
    return opened.why();
  place = std::move(*opened);
  return {};
}

} // namespace intermute::storage::sqlite
