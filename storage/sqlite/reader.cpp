#include "storage/sqlite/reader.hpp"

#include "storage/sqlite/pragmas.hpp"

#include <utility>

namespace intermute::storage::sqlite {

using base::result;

namespace {

/// A snapshot that lives longer keeps the log from being recycled.
constexpr std::chrono::milliseconds snapshot_max{1000};

constexpr std::string_view high_water_sql = R"sql(
  SELECT high_water FROM state WHERE id = 1)sql";

} // namespace

sqlite_reader::sqlite_reader(opened_file_ptr file, connection db)
  : file_(std::move(file)), db_(std::move(db)) {}

result<std::unique_ptr<sqlite_reader>> sqlite_reader::open(opened_file_ptr file) {
  const auto& options = file->options;
  auto db = connection::open(options.path.string(), access::read, options.busy_timeout);
  if (!db)
    return db.why();
  if (auto set = set_pragmas(*db, access::read, options); !set)
    return set.why();
  std::unique_ptr<sqlite_reader> made{new sqlite_reader{std::move(file), std::move(*db)}};
  if (auto ready = made->prepare(); !ready)
    return ready.why();
  return made;
}

result<void> sqlite_reader::prepare() {
  auto ready = put_into(snapshots_, snapshots::open(db_));
  if (ready)
    ready = put_into(projects_, name_table::open(db_, names_of::projects, access::read));
  if (ready)
    ready = put_into(names_, name_table::open(db_, names_of::agents, access::read));
  if (ready)
    ready = prepare_queries();
  if (ready)
    ready = db_.prepare({{&high_water_, high_water_sql}});
  return ready;
}

result<void> sqlite_reader::prepare_queries() {
  auto ready = put_into(agents_, agent_list::open(db_));
  if (ready)
    ready = put_into(inbox_, inbox_queries::open(db_, projects_, names_));
  if (ready)
    ready = put_into(events_, event_queries::open(db_, projects_, names_));
  if (ready)
    ready = put_into(messages_, message_queries::open(db_, projects_, names_));
  if (ready)
    ready = put_into(threads_, thread_queries::open(db_, projects_, names_));
  if (ready)
    ready = put_into(reservations_, reservation_queries::open(db_, projects_, names_));
  if (ready)
    ready = put_into(replays_, replay_queries::open(db_));
  if (ready)
    ready = put_into(project_list_, project_queries::open(db_));
  return ready;
}

result<cursor> sqlite_reader::high_water() {
  run row{high_water_};
  const auto found = row.next();
  if (!found)
    return found.why();
  return row.position(0);
}

result<std::vector<domain::agent>> sqlite_reader::agents() {
  return snapshots_->in_one(snapshot_max, [&] { return agents_.all(); });
}

// ---- Inbox and events -------------------------------------------------------------------------

result<std::vector<inbox_entry>> sqlite_reader::inbox(const inbox_query& wanted) {
  return snapshots_->in_one(snapshot_max, [&] { return inbox_.find(wanted); });
}

result<inbox_snapshot> sqlite_reader::load_inbox(const std::string& project,
                                                 const std::string& agent, std::uint32_t tail_max) {
  return snapshots_->in_one(snapshot_max, [&]() -> result<inbox_snapshot> {
    const auto high = high_water();
    if (!high)
      return high.why();
    auto loaded = inbox_.load(project, agent, tail_max);
    if (loaded)
      loaded->high_water = *high;
    return loaded;
  });
}

result<std::vector<inbox_entry>> sqlite_reader::stale_acks(const std::string& project,
                                                           const std::string& agent,
                                                           base::wall_time created_max,
                                                           std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max,
                            [&] { return inbox_.stale_acks(project, agent, created_max, limit); });
}

result<event_page> sqlite_reader::events(const event_query& wanted) {
  return snapshots_->in_one(snapshot_max, [&]() -> result<event_page> {
    const auto high = high_water();
    if (!high)
      return high.why();
    auto found = events_.page(wanted);
    if (found)
      found->high_water = *high;
    return found;
  });
}

// ---- Messages, threads, topics ----------------------------------------------------------------

result<placed_message> sqlite_reader::message(const std::string& project, const std::string& id) {
  return snapshots_->in_one(snapshot_max, [&] { return messages_.by_id(project, id); });
}

result<std::vector<thread_summary>> sqlite_reader::threads(const std::string& project,
                                                           const std::string& agent, cursor below,
                                                           std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max,
                            [&] { return threads_.of_agent(project, agent, below, limit); });
}

result<std::vector<placed_message>> sqlite_reader::thread(const std::string& project,
                                                          const std::string& thread_id,
                                                          cursor since, std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max,
                            [&] { return messages_.of_thread(project, thread_id, since, limit); });
}

result<std::vector<bool>> sqlite_reader::in_thread(const std::string& project,
                                                   const std::string& thread_id,
                                                   const std::vector<std::string>& agents) {
  return snapshots_->in_one(snapshot_max,
                            [&] { return threads_.hold(project, thread_id, agents); });
}

result<std::vector<placed_message>> sqlite_reader::topic(const std::string& project,
                                                         const std::string& topic, cursor since,
                                                         std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max,
                            [&] { return messages_.of_topic(project, topic, since, limit); });
}

// ---- Reservations -----------------------------------------------------------------------------

result<std::vector<reservation>> sqlite_reader::open_reservations(const std::string& project) {
  return snapshots_->in_one(snapshot_max, [&] { return reservations_.open_in(project); });
}

result<std::vector<reservation>> sqlite_reader::reservations_of(const std::string& agent_id) {
  return snapshots_->in_one(snapshot_max, [&] { return reservations_.of_agent(agent_id); });
}

result<std::optional<reservation>> sqlite_reader::find_reservation(const std::string& id) {
  return snapshots_->in_one(snapshot_max, [&] { return reservations_.by_id(id); });
}

result<bool> sqlite_reader::holds_any(const std::string& agent_id, base::wall_time now) {
  return snapshots_->in_one(snapshot_max, [&] { return reservations_.holds_any(agent_id, now); });
}

result<std::vector<std::string>> sqlite_reader::projects_with_reservations() {
  return snapshots_->in_one(snapshot_max, [&] { return reservations_.projects_with_open(); });
}

// ---- Replays, projects, verification ----------------------------------------------------------

result<std::optional<replay>> sqlite_reader::find_replay(const std::string& scope,
                                                         base::wall_time now) {
  return snapshots_->in_one(snapshot_max, [&] { return replays_.find(scope, now); });
}

result<std::vector<project_summary>>
sqlite_reader::projects(const std::optional<std::string>& after, std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max, [&] { return project_list_.page(after, limit); });
}

result<std::optional<cursor>> sqlite_reader::check_messages(cursor since, std::uint32_t limit) {
  return snapshots_->in_one(snapshot_max, [&] { return messages_.check(since, limit); });
}

std::vector<std::string_view> reader_sql() { return {high_water_sql}; }

} // namespace intermute::storage::sqlite
