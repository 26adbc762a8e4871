#pragma once

#include "embed/intermute.hpp"

#include <catch2/catch.hpp>
#include <stdlib.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What the tests of embedded servers share.
namespace intermute::tests {

/// A directory that goes with the object.
class home {
public:
  home() {
    auto pattern = (std::filesystem::temp_directory_path() / "intermute-embed-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~home() {
    std::error_code ignored; // Nothing to do about a file that stays.
    std::filesystem::remove_all(path_, ignored);
  }
  home(const home&) = delete;
  home& operator=(const home&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  std::filesystem::path path_;
};

constexpr std::chrono::seconds ceiling{60}; ///< A ceiling, never a measure.

/// The value; the test fails with the failure when there is none.
template <class T>
T value_of(outcome<T> got) {
  if (!got)
    FAIL(got.why().code << ": " << got.why().detail);
  return std::move(*got);
}
template <class T>
T value_of(std::future<outcome<T>> coming) {
  REQUIRE(coming.wait_for(ceiling) == std::future_status::ready);
  return value_of(coming.get());
}

/// The code of the failure; "none" when it is a value.
template <class T>
std::string code_of(const outcome<T>& got) {
  return got ? "none" : got.why().code;
}
template <class T>
std::string code_of(std::future<outcome<T>> coming) {
  REQUIRE(coming.wait_for(ceiling) == std::future_status::ready);
  return code_of(coming.get());
}

inline options in_file(std::string database, std::optional<std::uint16_t> port = {}) {
  options made;
  made.database = std::move(database);
  made.port = port;
  return made;
}

inline std::unique_ptr<server> started(options from) {
  return value_of(server::start(std::move(from)));
}

inline message letter(std::string from, std::string to, std::string id) {
  message made;
  made.project = "p";
  made.id = std::move(id);
  made.from = std::move(from);
  made.to = {std::move(to)};
  made.body = "text of " + made.id;
  return made;
}

inline inbox_query inbox_of(std::string agent) {
  inbox_query made;
  made.agent = std::move(agent);
  return made;
}

/// Keeps what a subscription hands out. Outlives it.
class listener {
public:
  /// Blocks the handler until `let_go()`.
  void hold() {
    const std::lock_guard guard{mutex_};
    held_ = true;
  }
  void let_go() {
    const std::lock_guard guard{mutex_};
    held_ = false;
    changed_.notify_all();
  }

  [[nodiscard]] subscription_request request(std::string agent, std::optional<cursor> since = {}) {
    subscription_request made;
    made.project = "p";
    made.agent = std::move(agent);
    made.since = since;
    made.on_event = [this](const event& what) {
      std::unique_lock guard{mutex_};
      ++entered_;
      changed_.notify_all();
      changed_.wait(guard, [this] { return !held_; });
      events_.push_back(what);
      changed_.notify_all();
    };
    made.on_end = [this](end_reason why, std::optional<cursor> at) {
      const std::lock_guard guard{mutex_};
      ended_ = {why, at};
      changed_.notify_all();
    };
    return made;
  }

  using end = std::pair<end_reason, std::optional<cursor>>;

  /// Waits until that many events were handed out.
  std::vector<event> wait_for(std::size_t count) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, ceiling, [&] { return events_.size() >= count; }));
    return events_;
  }
  /// Waits until the handler was called that often.
  void wait_for_calls(std::size_t count) {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, ceiling, [&] { return entered_ >= count; }));
  }
  end wait_for_end() {
    std::unique_lock guard{mutex_};
    REQUIRE(changed_.wait_for(guard, ceiling, [this] { return ended_.has_value(); }));
    return *ended_;
  }
  [[nodiscard]] std::vector<event> events() {
    const std::lock_guard guard{mutex_};
    return events_;
  }
  [[nodiscard]] std::optional<end> ended() {
    const std::lock_guard guard{mutex_};
    return ended_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<event> events_;
  std::size_t entered_ = 0;
  std::optional<end> ended_;
  bool held_ = false;
};

} // namespace intermute::tests
