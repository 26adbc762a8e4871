#include "base/clock.hpp"
#include "base/ids.hpp"
#include "bench/yardsticks/micro_case.hpp"
#include "embed/store_options.hpp"
#include "storage/writer.hpp"

#include <sqlite3.h>

#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace intermute::bench::yardsticks {

namespace {

constexpr std::size_t body_bytes = 300;

[[noreturn]] void give_up(const std::string& why) {
  throw std::runtime_error{"a yardstick of the store failed: " + why};
}

// ---- The writer -------------------------------------------------------------------------------

/// Who names the messages.
enum class naming : std::uint8_t {
  server, ///< A UUID that grows with time; the store takes it for new.
  client, ///< As the load program names them, in the order of time: looked for first.
};

/// Messages as one send after the other stores them, to one of 64 inboxes each.
class message_source {
public:
  explicit message_source(naming names) : names_{names} {
    for (std::size_t i = 100; i < 100 + agents; ++i) {
      senders_[i - 100] = "load-s-0" + std::to_string(i);
      recipients_[i - 100] = "load-r-0" + std::to_string(i);
    }
  }

  /// What `actors::project` hands to the writer for a send.
  [[nodiscard]] storage::change_ptr next() {
    const auto turn = made_++;
    auto message = std::make_shared<domain::message>();
    message->created_at = base::system_clock().wall();
    message->project = "load-000";
    message->id = names_ == naming::server
                    ? base::make_uuid(message->created_at, base::system_entropy())
                    : "m-01234567-" + std::to_string(100'000'000'000 + turn / agents) + "-0"
                        + std::to_string(100 + turn % agents);
    message->from = senders_[turn % agents];
    message->recipients = {{recipients_[turn % agents], domain::recipient_kind::to}};
    message->body.assign(body_bytes, 'x');
    auto made = std::make_unique<storage::change>();
    made->owner = 1;
    made->decided_in = 1;
    made->operations.emplace_back(
      storage::put_message{std::move(message), names_ == naming::client});
    return made;
  }

private:
  static constexpr std::size_t agents = 64;

  naming names_;
  std::array<std::string, agents> senders_;
  std::array<std::string, agents> recipients_;
  std::uint64_t made_ = 0;
};

/// As the server opens its file by default.
storage::sqlite_options options_of(const std::filesystem::path& file) {
  config::storage_config defaults;
  defaults.path = file.string();
  return embed::store_options(defaults);
}

/// Keeps what was decided, so that it is taken apart when the clock stands.
class keeping_listener final : public storage::commit_listener {
public:
  void decided(std::vector<storage::change_ptr> batch,
               const storage::batch_report& report) override {
    kept = std::move(batch);
    stored = report.stored;
    if (report.fault)
      why = report.fault->detail;
  }

  std::vector<storage::change_ptr> kept;
  std::size_t stored = 0;
  std::string why;
};

/// The writer by itself: changes that are ready are handed over and decided, so many to a commit.
/// Checkpoints are part of it, the making of the changes is not.
class writer_case final : public micro_case {
public:
  writer_case(const std::filesystem::path& file, std::size_t batch, naming names)
    : batch_{batch}, source_{names} {
    auto opened = storage::open_sqlite(options_of(file));
    if (!opened)
      give_up(opened.why().detail);
    store_ = std::move(*opened);
    auto engine = store_->open_engine();
    if (!engine)
      give_up(engine.why().detail);
    writer_.emplace(std::move(*engine), storage::writer_options{batch, batch, 3}, listener_,
                    base::system_clock());
  }

  double measure(std::chrono::nanoseconds time) override {
    std::chrono::nanoseconds spent{};
    std::uint64_t stored = 0;
    std::vector<storage::change_ptr> changes;
    do { // Ends: every commit takes time.
      while (changes.size() < batch_)
        changes.push_back(source_.next());
      const auto began = micro_clock::now();
      for (auto& one : changes)
        if (!writer_->submit(one))
          give_up("the ring is full");
      writer_->step();
      spent += micro_clock::now() - began;
      if (listener_.stored != batch_)
        give_up(listener_.why);
      listener_.kept.clear();
      changes.clear();
      stored += batch_;
    } while (spent < time);
    return rate_of(stored, spent);
  }

private:
  std::size_t batch_;
  message_source source_;
  keeping_listener listener_;
  std::unique_ptr<storage::store> store_;
  std::optional<storage::writer> writer_;
};

template <std::size_t batch, naming names>
std::unique_ptr<micro_case> make_writer(const std::filesystem::path& folder) {
  const std::string who = names == naming::server ? "batch" : "named";
  return std::make_unique<writer_case>(folder / (who + "-" + std::to_string(batch) + ".db"), batch,
                                       names);
}

// ---- SQLite without us ------------------------------------------------------------------------

/// One row of 300 bytes per commit in a log that is synced each time, all else as SQLite has it.
class commit_case final : public micro_case {
public:
  explicit commit_case(const std::filesystem::path& file) {
    sqlite3* opened = nullptr;
    const int code = sqlite3_open(file.c_str(), &opened);
    db_.reset(opened);
    check(code);
    check(sqlite3_exec(opened,
                       "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                       "CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
                       nullptr, nullptr, nullptr));
    sqlite3_stmt* made = nullptr;
    check(sqlite3_prepare_v2(opened, "INSERT INTO rows (body) VALUES (?1)", -1, &made, nullptr));
    insert_.reset(made);
    check(sqlite3_bind_text(made, 1, body_.data(), static_cast<int>(body_.size()), SQLITE_STATIC));
  }

  double measure(std::chrono::nanoseconds time) override {
    return 1e9 / ns_each(time, 1, [this] {
             if (sqlite3_step(insert_.get()) != SQLITE_DONE)
               give_up(sqlite3_errmsg(db_.get()));
             sqlite3_reset(insert_.get());
           });
  }

private:
  struct closer {
    void operator()(sqlite3* one) const noexcept { sqlite3_close(one); }
    void operator()(sqlite3_stmt* one) const noexcept { sqlite3_finalize(one); }
  };

  void check(int code) const {
    if (code != SQLITE_OK)
      give_up(sqlite3_errmsg(db_.get()));
  }

  const std::string body_ = std::string(body_bytes, 'x');
  std::unique_ptr<sqlite3, closer> db_;
  std::unique_ptr<sqlite3_stmt, closer> insert_;
};

std::unique_ptr<micro_case> make_commit(const std::filesystem::path& folder) {
  return std::make_unique<commit_case>(folder / "commit.db");
}

} // namespace

std::vector<micro_row> store_rows() {
  return {{"writer.batch_1", ops_per_s, make_writer<1, naming::server>},
          {"writer.batch_8", ops_per_s, make_writer<8, naming::server>},
          {"writer.batch_64", ops_per_s, make_writer<64, naming::server>},
          {"writer.batch_512", ops_per_s, make_writer<512, naming::server>},
          {"writer.named_64", ops_per_s, make_writer<64, naming::client>},
          {"sqlite.commit", ops_per_s, make_commit}};
}

} // namespace intermute::bench::yardsticks
