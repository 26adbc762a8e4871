#include "storage/sqlite/snapshot.hpp"

namespace intermute::storage::sqlite {

using base::result;
using std::chrono::steady_clock;

namespace {

/// Steps of SQLite's machine between two looks at the clock; some 20 microseconds.
constexpr int steps_between_looks = 1000;

} // namespace

result<std::unique_ptr<snapshots>> snapshots::open(connection& db) {
  std::unique_ptr<snapshots> made{new snapshots{db}};
  auto ready = db.prepare(
    {{&made->begin_, "BEGIN"}, {&made->commit_, "COMMIT"}, {&made->rollback_, "ROLLBACK"}});
  if (!ready)
    return ready.why();
  made->deadline_ = steady_clock::time_point::max();
  sqlite3_progress_handler(db.raw(), steps_between_looks, on_progress, made.get());
  return made;
}

result<void> snapshots::begin(std::chrono::milliseconds most) {
  if (db_.in_transaction())
    if (auto ended = end(); !ended)
      return ended;
  deadline_ = steady_clock::now() + most;
  return run{begin_}.done();
}

result<void> snapshots::end() {
  deadline_ = steady_clock::time_point::max();
  auto done = run{commit_}.done();
  if (done || !db_.in_transaction())
    return done;
  return run{rollback_}.done();
}

int snapshots::on_progress(void* self) {
  return steady_clock::now() > static_cast<snapshots*>(self)->deadline_ ? 1 : 0;
}

} // namespace intermute::storage::sqlite
