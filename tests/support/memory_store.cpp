#include "tests/support/memory_store.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace intermute::test {

using base::errc;
using base::error;
using base::result;
using domain::message;
using domain::message_ptr;
using storage::cursor;
using storage::event_kind;
using storage::inbox_entry;

namespace detail {

struct entry_row {
  cursor message = 0;
  domain::recipient_kind kind{};
  std::optional<base::wall_time> read_at;
  std::optional<base::wall_time> ack_at;
};

struct event_row {
  event_kind kind{};
  std::string project;
  std::string message_id;
  base::wall_time created_at{};
};

/// All tables, as maps. Every change is a function of the data and the operation alone, so that
/// the same operations give the same data again.
class memory_data {
public:
  using inbox_name = std::pair<std::string, std::string>; // Project, agent.
  using inbox_rows = std::map<cursor, entry_row>;

  result<storage::outcome> apply(const storage::row_operation& what, cursor& last) {
    return std::visit([&](const auto& one) { return on(one, last); }, what);
  }

  /// Entries of `agent`; in `project`, or in all.
  [[nodiscard]] std::map<cursor, inbox_entry> entries(const std::optional<std::string>& project,
                                                      const std::string& agent) const {
    std::map<cursor, inbox_entry> found;
    const auto add = [&](const inbox_rows& rows) {
      for (const auto& [at, row] : rows)
        found.emplace(at, entry(at, row));
    };
    if (project) {
      if (const auto inbox = inboxes_.find({*project, agent}); inbox != inboxes_.end())
        add(inbox->second);
      return found;
    }
    for (const auto& [name, rows] : inboxes_)
      if (name.second == agent)
        add(rows);
    return found;
  }

  [[nodiscard]] std::map<cursor, storage::event> events(const storage::event_query& wanted) const {
    std::map<cursor, storage::event> found;
    for (const auto& [at, row] : events_) {
      if (at <= wanted.since || (row.project != wanted.project && !row.project.empty()))
        continue;
      storage::event one{at, row.kind, row.project, row.message_id, {}, row.created_at};
      if (row.kind == event_kind::message_created) {
        const auto inbox = inboxes_.find({row.project, wanted.agent});
        if (inbox == inboxes_.end() || !inbox->second.contains(at))
          continue;
        one.recipients.push_back(wanted.agent);
      }
      found.emplace(at, std::move(one));
    }
    return found;
  }

  [[nodiscard]] std::vector<domain::agent> agents() const { return agents_; }
  [[nodiscard]] const std::vector<cursor>& cursors() const { return cursors_; }

  [[nodiscard]] std::vector<memory_message> messages() const {
    std::vector<memory_message> all;
    for (const auto& [at, stored] : messages_) {
      memory_message one{at, stored, {}};
      std::map<cursor, std::vector<memory_entry>> ordered;
      for (const auto& each : stored->recipients) {
        const auto inbox = inboxes_.find({stored->project, each.agent});
        if (inbox == inboxes_.end())
          continue;
        for (const auto& [entry_at, row] : inbox->second)
          if (row.message == at)
            ordered[entry_at].push_back({each.agent, entry(entry_at, row)});
      }
      for (auto& [entry_at, entries] : ordered)
        for (auto& each : entries)
          one.entries.push_back(std::move(each));
      all.push_back(std::move(one));
    }
    return all;
  }

private:
  [[nodiscard]] inbox_entry entry(cursor at, const entry_row& row) const {
    return {at, messages_.at(row.message), row.kind, row.read_at, row.ack_at};
  }

  cursor take(cursor& last) {
    cursors_.push_back(++last);
    return last;
  }

  result<storage::outcome> on(const storage::put_agent& what, cursor&) {
    for (const auto& each : agents_)
      if (each.id != what.agent.id && !each.session_id.empty()
          && each.session_id == what.agent.session_id)
        return {errc::internal, "The session belongs to another agent."};
    const auto known = std::find_if(agents_.begin(), agents_.end(),
                                    [&](const auto& each) { return each.id == what.agent.id; });
    if (known != agents_.end())
      *known = what.agent;
    else
      agents_.push_back(what.agent);
    return storage::outcome{};
  }

  result<storage::outcome> on(const storage::touch_agents& what, cursor&) {
    for (const auto& [id, at] : what.seen)
      for (auto& each : agents_)
        if (each.id == id)
          each.last_seen = std::max(each.last_seen, at);
    return storage::outcome{};
  }

  result<storage::outcome> on(const storage::put_message& what, cursor& last) {
    using kind = storage::put_message_outcome::kind;
    const auto& wanted = *what.message;
    const auto known = by_id_.find({wanted.project, wanted.id});
    if (known == by_id_.end()) {
      std::set<std::string> once;
      for (const auto& each : wanted.recipients)
        if (!once.insert(each.agent).second)
          return {errc::internal, "A recipient is named twice."};
      const auto at = take(last);
      messages_[at] = what.message;
      by_id_[{wanted.project, wanted.id}] = at;
      add_entries(wanted, wanted.recipients, at, at);
      return storage::outcome{storage::put_message_outcome{kind::stored, at, 0, {}, what.message}};
    }
    if (!what.id_from_client)
      return {errc::internal, "A new message has the id of a stored one."};
    const auto at = known->second;
    auto judged = domain::judge_repost(*messages_.at(at), wanted);
    if (judged.what == domain::repost::verdict::taken)
      return storage::outcome{storage::put_message_outcome{kind::taken, at, 0, {}, nullptr}};
    if (judged.what == domain::repost::verdict::identical)
      return storage::outcome{
        storage::put_message_outcome{kind::identical, at, 0, {}, messages_.at(at)}};
    messages_[at] = std::make_shared<const message>(std::move(judged.merged));
    cursor added_at = 0;
    if (!judged.added.empty()) {
      added_at = take(last);
      add_entries(wanted, judged.added, added_at, at);
    }
    return storage::outcome{storage::put_message_outcome{
      kind::changed, at, added_at, std::move(judged.added), messages_.at(at)}};
  }

  void add_entries(const message& wanted, const std::vector<domain::recipient>& to, cursor entry_at,
                   cursor message_at) {
    for (const auto& each : to)
      inboxes_[{wanted.project, each.agent}][entry_at] = {message_at, each.kind, {}, {}};
    events_[entry_at] = {event_kind::message_created, wanted.project, wanted.id, wanted.created_at};
  }

  result<storage::outcome> on(const storage::mark_message& what, cursor& last) {
    const bool read = what.kind == storage::mark_kind::read;
    storage::mark_outcome found{take(last), 0, false};
    const auto known = by_id_.find({what.project, what.message_id});
    const auto inbox = inboxes_.find({what.project, what.agent});
    if (!what.agent.empty() && known != by_id_.end() && inbox != inboxes_.end())
      for (auto& [at, row] : inbox->second) {
        if (row.message != known->second)
          continue;
        found.entry_at = at;
        auto& mark = read ? row.read_at : row.ack_at;
        found.first_time = !mark.has_value();
        if (found.first_time)
          mark = what.at;
      }
    events_[found.event_at] = {read ? event_kind::message_read : event_kind::message_ack,
                               what.project, what.message_id, what.at};
    return storage::outcome{found};
  }

  std::map<cursor, message_ptr> messages_;
  std::map<std::pair<std::string, std::string>, cursor> by_id_; // Project, id.
  std::map<inbox_name, inbox_rows> inboxes_;
  std::map<cursor, event_row> events_;
  std::vector<domain::agent> agents_; // In the order of registration.
  std::vector<cursor> cursors_;
};

struct memory_shared {
  std::optional<error> fault_at(std::string_view step) const {
    if (const auto code = fault ? fault(step) : std::nullopt; code)
      return error{*code, "injected at " + std::string{step}, {}};
    return std::nullopt;
  }

  mutable std::mutex mutex; ///< Guards all but `fault`.
  memory_data committed;
  storage::batch_state state;
  std::uint64_t life = 0; ///< Counts crashes; what was handed out in an earlier life is dead.
  bool engine_given = false;
  memory_fault fault;
};

namespace {

error dead() { return {errc::storage_failed, "This connection died in the crash.", {}}; }

class memory_engine final : public storage::engine {
public:
  memory_engine(std::shared_ptr<memory_shared> shared, std::uint64_t life)
    : shared_(std::move(shared)), life_(life) {
    const std::lock_guard guard{shared_->mutex};
    state_ = shared_->state;
  }

  result<void> begin() override {
    if (auto why = shared_->fault_at("begin"); why)
      return *why;
    const std::lock_guard guard{shared_->mutex};
    if (shared_->life != life_)
      return dead();
    if (!usable_ || open_)
      return misuse("begin");
    if (stale_)
      working_ = shared_->committed;
    stale_ = false;
    open_ = true;
    return {};
  }

  result<storage::outcome> apply(const storage::row_operation& what, cursor& last) override {
    if (auto why = shared_->fault_at("apply"); why)
      return *why;
    if (!open_)
      return misuse("apply");
    const auto before = last;
    auto done = working_.apply(what, last);
    if (done) { // A failure changes nothing.
      log_.push_back({what, before});
      stale_ = true;
    }
    return done;
  }

  result<void> commit(const storage::batch_state& state) override {
    if (!open_)
      return misuse("commit");
    usable_ = false; // Until it is known to have worked.
    open_ = false;
    if (auto why = shared_->fault_at("commit"); why)
      return drop(*why);
    {
      const std::lock_guard guard{shared_->mutex};
      if (shared_->life != life_)
        return drop(dead());
      for (const auto& [what, before] : log_) {
        auto last = before;
        if (auto again = shared_->committed.apply(what, last); !again)
          return again.why(); // Cannot be: it worked on the same data a moment ago.
      }
      shared_->state = state;
    }
    stale_ = false;
    log_.clear();
    if (auto why = shared_->fault_at("commit_after"); why)
      return *why;
    usable_ = true;
    return {};
  }

  result<void> rollback() override {
    open_ = false;
    saved_.reset();
    log_.clear();
    return {};
  }

  result<void> savepoint() override {
    if (auto why = shared_->fault_at("savepoint"); why)
      return *why;
    if (!open_ || saved_)
      return misuse("savepoint");
    saved_ = log_.size();
    return {};
  }

  result<void> release_savepoint() override {
    if (!saved_)
      return misuse("release_savepoint");
    saved_.reset();
    return {};
  }

  result<void> rollback_to_savepoint() override {
    if (!saved_)
      return misuse("rollback_to_savepoint");
    log_.resize(*saved_);
    saved_.reset();
    const std::lock_guard guard{shared_->mutex};
    working_ = shared_->committed;
    for (const auto& [what, before] : log_) {
      auto last = before;
      if (auto again = working_.apply(what, last); !again)
        return again.why(); // Cannot be, as in commit.
    }
    return {};
  }

  result<storage::batch_state> reopen() override {
    if (auto why = shared_->fault_at("reopen"); why)
      return *why;
    const std::lock_guard guard{shared_->mutex};
    if (shared_->life != life_)
      return dead();
    log_.clear();
    saved_.reset();
    open_ = false;
    stale_ = true;
    usable_ = true;
    state_ = shared_->state;
    return state_;
  }

  result<void> make_durable() override {
    if (auto why = shared_->fault_at("make_durable"); why)
      return *why;
    return {};
  }

  void between_batches() override {}

  storage::batch_state state() const override { return state_; }

private:
  struct logged {
    storage::row_operation what;
    cursor before = 0;
  };

  static error misuse(std::string_view call) {
    return {errc::internal, std::string{call} + " is not allowed now.", {}};
  }

  error drop(error why) {
    log_.clear();
    saved_.reset();
    stale_ = true;
    return why;
  }

  std::shared_ptr<memory_shared> shared_;
  std::uint64_t life_;
  storage::batch_state state_;
  memory_data working_;
  std::vector<logged> log_; ///< What the transaction did, to be repeated on the committed data.
  std::optional<std::size_t> saved_;
  bool open_ = false;
  bool usable_ = true; ///< False after a commit that failed, until reopened.
  bool stale_ = true;  ///< `working_` may differ from what is committed.
};

class memory_reader final : public storage::reader {
public:
  memory_reader(std::shared_ptr<memory_shared> shared, std::uint64_t life)
    : shared_(std::move(shared)), life_(life) {}

  result<std::vector<domain::agent>> agents() override {
    return read("reader.agents", [&] { return shared_->committed.agents(); });
  }

  result<std::vector<inbox_entry>> inbox(const storage::inbox_query& wanted) override {
    return read("reader.inbox", [&] { return page(wanted); });
  }

  result<storage::inbox_snapshot> load_inbox(const std::string& project, const std::string& agent,
                                             std::uint32_t tail_max) override {
    return read("reader.load_inbox", [&] {
      storage::inbox_snapshot loaded;
      for (auto& [at, one] : shared_->committed.entries(project, agent)) {
        ++loaded.counts.total;
        loaded.counts.unread += one.read_at ? 0 : 1;
        loaded.tail.push_back(one);
      }
      loaded.complete = loaded.tail.size() <= tail_max;
      if (!loaded.complete)
        loaded.tail.erase(loaded.tail.begin(), loaded.tail.end() - tail_max);
      loaded.high_water = shared_->state.high_water;
      return loaded;
    });
  }

  result<storage::event_page> events(const storage::event_query& wanted) override {
    return read("reader.events", [&] {
      storage::event_page found;
      found.high_water = shared_->state.high_water;
      const auto limit = std::max<std::size_t>(1, wanted.limit);
      for (auto& [at, one] : shared_->committed.events(wanted)) {
        found.more = found.events.size() == limit;
        if (found.more)
          break;
        found.events.push_back(one);
      }
      return found;
    });
  }

private:
  template <class Read>
  auto read(std::string_view step, const Read& what) -> result<decltype(what())> {
    if (auto why = shared_->fault_at(step); why)
      return *why;
    const std::lock_guard guard{shared_->mutex};
    if (shared_->life != life_)
      return dead();
    return what();
  }

  std::vector<inbox_entry> page(const storage::inbox_query& wanted) const {
    std::vector<inbox_entry> found;
    for (auto& [at, one] : shared_->committed.entries(wanted.project, wanted.agent)) {
      const bool below = wanted.since == 0 || at < wanted.since;
      if ((wanted.descending ? below : at > wanted.since) && !(wanted.unread_only && one.read_at))
        found.push_back(one);
    }
    if (wanted.descending)
      std::reverse(found.begin(), found.end());
    const auto limit = std::clamp<std::size_t>(wanted.limit, 1, 1000);
    found.resize(std::min(found.size(), limit));
    return found;
  }

  std::shared_ptr<memory_shared> shared_;
  std::uint64_t life_;
};

} // namespace
} // namespace detail

memory_store::memory_store() : shared_(std::make_shared<detail::memory_shared>()) {}
memory_store::~memory_store() = default;

result<std::unique_ptr<storage::engine>> memory_store::open_engine() {
  std::uint64_t life = 0;
  {
    const std::lock_guard guard{shared_->mutex};
    if (std::exchange(shared_->engine_given, true))
      return {errc::internal, "The store has one engine, and it was handed out already."};
    life = shared_->life;
  }
  return std::unique_ptr<storage::engine>{std::make_unique<detail::memory_engine>(shared_, life)};
}

result<std::unique_ptr<storage::reader>> memory_store::open_reader() {
  const std::lock_guard guard{shared_->mutex};
  return std::unique_ptr<storage::reader>{
    std::make_unique<detail::memory_reader>(shared_, shared_->life)};
}

result<bool> memory_store::verify(std::chrono::milliseconds, std::stop_token) { return true; }

void memory_store::crash() {
  const std::lock_guard guard{shared_->mutex};
  ++shared_->life;
  shared_->engine_given = false;
}

void memory_store::set_fault(memory_fault fault) { shared_->fault = std::move(fault); }

std::vector<memory_message> memory_store::messages() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.messages();
}

std::vector<cursor> memory_store::cursors() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.cursors();
}

std::vector<domain::agent> memory_store::agents() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->committed.agents();
}

storage::batch_state memory_store::committed() const {
  const std::lock_guard guard{shared_->mutex};
  return shared_->state;
}

} // namespace intermute::test
