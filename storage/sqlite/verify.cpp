#include "storage/sqlite/verify.hpp"

#include "storage/sqlite/reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;
using std::chrono::steady_clock;

namespace {

constexpr std::uint32_t messages_per_snapshot = 256;

/// Interrupts a connection at a point in time, unless it is destroyed before. A progress handler
/// would not do: SQLite 3.40 walks all trees of the file in one step of its machine.
class alarm {
public:
  alarm(sqlite3* db, steady_clock::time_point at)
    : thread_([this, db, at](const std::stop_token& stop) {
        std::unique_lock lock{mutex_};
        if (!wakeup_.wait_until(lock, stop, at, [] { return false; }) && !stop.stop_requested())
          sqlite3_interrupt(db);
      }) {}

private:
  std::mutex mutex_;
  std::condition_variable_any wakeup_;
  std::jthread thread_; ///< Last: it uses the others.
};

/// @returns False when it ended before the end of the file.
result<bool> quick_check(connection& db, steady_clock::time_point deadline,
                         const std::stop_token& stop) {
  const auto check = db.prepare("PRAGMA quick_check(5)");
  if (!check)
    return check.why();
  const alarm bell{db.raw(), deadline};
  const std::stop_callback ended{stop, [&db] { sqlite3_interrupt(db.raw()); }};
  run rows{*check};
  std::string found;
  for (;;) { // Ends: at most five rows.
    const auto more = rows.next();
    // An interrupted check takes what it has not seen for damage.
    if (steady_clock::now() >= deadline || stop.stop_requested())
      return false;
    if (!more)
      return more.why();
    if (!*more)
      break;
    if (rows.text(0) != "ok")
      found += (found.empty() ? "" : "; ") + std::string{rows.text(0)};
  }
  if (found.empty())
    return true;
  std::replace(found.begin(), found.end(), '\n', ' ');
  return {errc::storage_corrupt, "The database is damaged: " + found
                                   + ". Stop the server and restore the last good backup."};
}

} // namespace

result<bool> look_for_damage(const opened_file_ptr& file, std::chrono::milliseconds most,
                             const std::stop_token& stop) {
  const auto deadline = steady_clock::now() + most;
  auto opened = sqlite_reader::open(file);
  if (!opened)
    return opened.why();
  auto& reader = **opened;
  if (auto sound = quick_check(reader.db(), deadline, stop); !sound || !*sound)
    return sound;
  std::optional<cursor> at = 0;
  while (at) { // Ends: cursors grow, and time runs out.
    if (steady_clock::now() >= deadline || stop.stop_requested())
      return false;
    const auto next = reader.check_messages(*at, messages_per_snapshot);
    if (!next)
      return next.why();
    at = *next;
  }
  return true;
}

} // namespace intermute::storage::sqlite
