#include "tests/support/memory_shared.hpp"

namespace intermute::test::detail {

using base::errc;
using base::error;
using base::result;
using storage::cursor;

namespace {

class memory_engine final : public storage::engine {
public:
  memory_engine(memory_shared_ptr shared, std::uint64_t life)
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

  memory_shared_ptr shared_;
  std::uint64_t life_;
  storage::batch_state state_;
  memory_data working_;
  std::vector<logged> log_; ///< What the transaction did, to be repeated on the committed data.
  std::optional<std::size_t> saved_;
  bool open_ = false;
  bool usable_ = true; ///< False after a commit that failed, until reopened.
  bool stale_ = true;  ///< `working_` may differ from what is committed.
};

} // namespace

std::unique_ptr<storage::engine> make_engine(memory_shared_ptr shared, std::uint64_t life) {
  return std::make_unique<memory_engine>(std::move(shared), life);
}

} // namespace intermute::test::detail
