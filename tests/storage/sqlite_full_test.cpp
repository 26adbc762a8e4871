#include "tests/storage/support.hpp"

#include <sys/resource.h>

#include <csignal>

namespace intermute::test {

using base::errc;

namespace {

/// No file of this process may grow beyond `bytes` while the object lives.
class file_size_limit {
public:
  explicit file_size_limit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    auto lower = before_;
    lower.rlim_cur = bytes;
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &lower) == 0);
  }
  ~file_size_limit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  file_size_limit(const file_size_limit&) = delete;
  file_size_limit& operator=(const file_size_limit&) = delete;

private:
  rlimit before_{};
  void (*handler_)(int);
};

} // namespace

TEST_CASE("a disk that is full is told as such, reads go on, and space heals it", "[sqlite]") {
  world w{"sqlite"};
  w.store_post(letter("x", {"ada"}));
  auto big = letter("big", {"ada"});
  big.body = std::string(300'000, 'b');
  {
    const file_size_limit full{64 * 1024};
    require_ok(w.engine().begin());
    auto last = w.last;
    auto failed = base::result<void>{};
    if (auto applied = w.engine().apply(post(big), last); !applied)
      failed = applied.why();
    else
      failed = w.engine().commit({2, last});
    REQUIRE_FALSE(failed);
    REQUIRE(failed.why().code == errc::storage_full);
    REQUIRE(value_of(w.engine().reopen()).batch == 1);
    REQUIRE(cursors_of(w.inbox("ada")) == cursors{1});
  }
  w.store_post(big);
  REQUIRE(cursors_of(w.inbox("ada")) == cursors{1, 2});
  REQUIRE(value_of(w.store().verify(std::chrono::seconds{10})));
}

TEST_CASE("a full disk inside a batch is undone by a rollback alone", "[sqlite]") {
  temp_directory directory;
  storage::sqlite_options options;
  options.path = directory.path() / "mail.db";
  options.cache_kib = 64; // So small that pages are written before the commit.
  const auto opened = value_of(storage::open_sqlite(options));
  const auto engine = value_of(opened->open_engine());
  storage::cursor last = 0;
  const auto apply_many = [&]() -> base::result<void> {
    for (int i = 0; i < 100; ++i) {
      auto one = letter(uuid(static_cast<int>(last)), {"ada"});
      one.body = std::string(9000, 'b');
      if (auto applied = engine->apply(post(one), last); !applied)
        return applied.why();
    }
    return {};
  };
  {
    const file_size_limit full{256 * 1024};
    require_ok(engine->begin());
    const auto failed = apply_many();
    REQUIRE_FALSE(failed);
    REQUIRE(failed.why().code == errc::storage_full);
    REQUIRE_FALSE(engine->rollback_to_savepoint());
    require_ok(engine->rollback());
  }
  last = 0;
  require_ok(engine->begin());
  require_ok(apply_many());
  require_ok(engine->commit({1, last}));
  REQUIRE(value_of(value_of(opened->open_reader())->load_inbox("p", "ada", 1)).counts.total == 100);
}

} // namespace intermute::test
