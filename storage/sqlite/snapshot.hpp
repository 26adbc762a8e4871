#pragma once

#include "storage/sqlite/connection.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace intermute::storage::sqlite {

/// Runs reads of one connection, each in a transaction of its own that may take a limited time.
class snapshots {
public:
  /// @param db  Outlives the object.
  [[nodiscard]] static base::result<std::unique_ptr<snapshots>> open(connection& db);

  snapshots(const snapshots&) = delete;
  snapshots& operator=(const snapshots&) = delete;

  /// Calls `read`, which returns a `result`; everything it reads is of one moment.
  /// @returns What `read` returns; `storage_busy` when it takes longer than `most`.
  template <class Read>
  [[nodiscard]] auto in_one(std::chrono::milliseconds most, const Read& read) -> decltype(read()) {
    if (auto begun = begin(most); !begun)
      return begun.why();
    auto found = read();
    if (auto ended = end(); !ended && found)
      return ended.why();
    return found;
  }

private:
  explicit snapshots(connection& db) : db_(db) {}
  [[nodiscard]] base::result<void> begin(std::chrono::milliseconds most);
  [[nodiscard]] base::result<void> end();
  static int on_progress(void* self);

  connection& db_;
  statement begin_;
  statement commit_;
  statement rollback_;
  std::chrono::steady_clock::time_point deadline_{};
};

} // namespace intermute::storage::sqlite
