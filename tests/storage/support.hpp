#pragma once

#include "storage/sqlite/open.hpp"
#include "storage/store.hpp"
#include "tests/support/memory_store.hpp"

#include <catch2/catch.hpp>
#include <stdlib.h> // NOLINT: mkdtemp

#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

/// What the tests of the store share.
namespace intermute::test {

/// A directory that is removed with everything in it.
class temp_directory {
public:
  temp_directory() {
    auto pattern = (std::filesystem::temp_directory_path() / "intermute-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~temp_directory() {
    std::error_code problem; // What is left in /tmp harms nobody.
    std::filesystem::remove_all(path_, problem);
  }
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

/// The value of a result that a test expects to be good.
template <class T>
T value_of(base::result<T> result) {
  if (!result)
    FAIL(base::to_string(result.why().code) << ": " << result.why().detail);
  return std::move(*result);
}

inline void require_ok(const base::result<void>& result) {
  if (!result)
    FAIL(base::to_string(result.why().code) << ": " << result.why().detail);
}

inline base::wall_time at_second(std::int64_t seconds) {
  return base::wall_time{std::chrono::seconds{seconds}};
}

/// A canonical UUID that ends in `number`.
inline std::string uuid(int number) {
  const auto digits = std::to_string(number);
  return "0190a5b0-0000-7000-8000-" + std::string(12 - digits.size(), '0') + digits;
}

inline domain::message letter(std::string id, std::vector<std::string> to,
                              std::string project = "p") {
  domain::message made;
  made.project = std::move(project);
  made.id = std::move(id);
  made.from = "sender";
  made.recipients = domain::recipients_of(to, {}, {});
  made.thread_id = "thread";
  made.subject = "subject";
  made.topic = "topic";
  made.body = "body";
  made.importance = "normal";
  made.ack_required = true;
  made.created_at = at_second(100);
  return made;
}

inline storage::put_message post(domain::message what, bool id_from_client = true) {
  return {std::make_shared<const domain::message>(std::move(what)), id_from_client};
}

inline storage::mark_message mark(std::string id, std::string agent, storage::mark_kind kind,
                                  std::int64_t seconds, std::string project = "p") {
  return {std::move(project), std::move(id), std::move(agent), kind, at_second(seconds)};
}

inline domain::agent agent_named(std::string id, std::string session) {
  domain::agent made;
  made.id = std::move(id);
  made.session_id = std::move(session);
  made.name = "name";
  made.project = "p";
  made.token_hash = std::string(32, '\0');
  made.token_hash[3] = '\xFF';
  made.status = "active";
  made.created_at = at_second(10);
  made.last_seen = at_second(20);
  return made;
}

/// An exclusive hold on all Go files of `src`, made at 100 s for 100 s.
inline domain::reservation hold(std::string id, std::string agent, std::string project = "p") {
  domain::reservation made;
  made.id = std::move(id);
  made.agent_id = std::move(agent);
  made.project = std::move(project);
  made.path_pattern = "src/*.go";
  made.exclusive = true;
  made.reason = "reason";
  made.created_at = at_second(100);
  made.expires_at = at_second(200);
  return made;
}

inline bool same(const domain::reservation& a, const domain::reservation& b) {
  return a.id == b.id && a.agent_id == b.agent_id && a.project == b.project
         && a.path_pattern == b.path_pattern && a.exclusive == b.exclusive && a.reason == b.reason
         && a.created_at == b.created_at && a.expires_at == b.expires_at
         && a.released_at == b.released_at && a.ended == b.ended;
}

inline bool same(const domain::message& a, const domain::message& b) {
  return a.project == b.project && a.id == b.id && a.thread_id == b.thread_id && a.from == b.from
         && a.recipients == b.recipients && a.subject == b.subject && a.topic == b.topic
         && a.body == b.body && a.importance == b.importance && a.ack_required == b.ack_required
         && a.created_at == b.created_at;
}

/// The two engines that the conformance tests run against.
inline constexpr std::initializer_list<const char*> engine_names{"memory", "sqlite"};

/// A store of either kind with its engine and one reader.
class world {
public:
  explicit world(std::string_view engine) {
    if (engine == "memory")
      memory_ = std::make_unique<memory_store>();
    open();
  }

  /// Ends the process and starts it anew, as far as the store can tell.
  void restart() {
    reader_.reset();
    engine_.reset();
    if (memory_)
      memory_->crash();
    sqlite_.reset();
    open();
  }

  [[nodiscard]] storage::engine& engine() { return *engine_; }
  [[nodiscard]] storage::reader& reader() { return *reader_; }
  [[nodiscard]] storage::store& store() {
    if (memory_)
      return *memory_;
    return *sqlite_;
  }
  [[nodiscard]] std::filesystem::path file() const { return directory_.path() / "mail.db"; }

  /// Applies `all` in the open transaction.
  std::vector<storage::outcome> apply(const std::vector<storage::row_operation>& all) {
    std::vector<storage::outcome> outcomes;
    for (const auto& one : all)
      outcomes.push_back(value_of(engine_->apply(one, last)));
    return outcomes;
  }

  void commit() { require_ok(engine_->commit({++batch, last})); }

  /// Stores `all` as one batch.
  std::vector<storage::outcome> store_all(const std::vector<storage::row_operation>& all) {
    require_ok(engine_->begin());
    auto outcomes = apply(all);
    commit();
    return outcomes;
  }

  storage::put_message_outcome store_post(domain::message what) {
    return std::get<storage::put_message_outcome>(store_all({post(std::move(what))}).front());
  }

  storage::mark_outcome store_mark(const storage::mark_message& what) {
    return std::get<storage::mark_outcome>(store_all({what}).front());
  }

  storage::put_reservation_outcome store_hold(domain::reservation what) {
    return std::get<storage::put_reservation_outcome>(
      store_all({storage::put_reservation{std::move(what)}}).front());
  }

  /// @param what  `end_reservations` or `end_reservations_of`.
  storage::end_reservations_outcome store_end(const storage::row_operation& what) {
    return std::get<storage::end_reservations_outcome>(store_all({what}).front());
  }

  std::vector<storage::inbox_entry> inbox(const std::string& agent,
                                          const std::string& project = "p") {
    storage::inbox_query wanted;
    wanted.project = project;
    wanted.agent = agent;
    return value_of(reader_->inbox(wanted));
  }

  storage::cursor last = 0;
  std::uint64_t batch = 0;

private:
  void open() {
    if (!memory_) {
      storage::sqlite_options options;
      options.path = file();
      sqlite_ = value_of(storage::open_sqlite(options));
    }
    engine_ = value_of(store().open_engine());
    reader_ = value_of(store().open_reader());
  }

  temp_directory directory_;
  std::unique_ptr<memory_store> memory_;
  std::unique_ptr<storage::store> sqlite_;
  std::unique_ptr<storage::engine> engine_;
  std::unique_ptr<storage::reader> reader_;
};

/// The cursors of `entries`, in their order.
inline std::vector<storage::cursor> cursors_of(const std::vector<storage::inbox_entry>& entries) {
  std::vector<storage::cursor> found;
  for (const auto& one : entries)
    found.push_back(one.at);
  return found;
}

using cursors = std::vector<storage::cursor>;
using texts = std::vector<std::string>;

} // namespace intermute::test
