#pragma once

#include "storage/writer.hpp"
#include "tests/storage/support.hpp"

#include <algorithm>
#include <functional>
#include <map>

/// A writer on the store in memory, for the tests of the writer.
namespace intermute::test {

using base::errc;
using storage::epoch;
using storage::owner_id;

using operations = std::vector<storage::row_operation>;
using tags = std::vector<int>;
using calls = std::vector<std::string>;

class still_clock final : public base::clock {
public:
  base::steady_time steady() const override { return {}; }
  base::wall_time wall() const override { return {}; }
};

class tagged : public storage::change_context {
public:
  explicit tagged(int number) : tag(number) {}
  int tag;
};

/// When rollbacks fail.
struct rollback_plan {
  bool fails = false;
  int spared = 0; ///< So many of the next ones go well nevertheless.
};

/// Passes every call on to another engine, but for rollbacks that are to fail.
class stubborn_engine final : public storage::engine {
public:
  stubborn_engine(std::unique_ptr<storage::engine> inner, rollback_plan& plan)
    : inner_(std::move(inner)), plan_(plan) {}
  base::result<void> begin() override { return inner_->begin(); }
  base::result<storage::outcome> apply(const storage::row_operation& what,
                                       storage::cursor& last) override {
    return inner_->apply(what, last);
  }
  base::result<void> commit(const storage::batch_state& to) override { return inner_->commit(to); }
  base::result<void> rollback() override {
    if (plan_.fails && plan_.spared-- <= 0)
      return {errc::storage_failed, "the rollback failed"};
    return inner_->rollback();
  }
  base::result<void> savepoint() override { return inner_->savepoint(); }
  base::result<void> release_savepoint() override { return inner_->release_savepoint(); }
  base::result<void> rollback_to_savepoint() override {
    if (plan_.fails)
      return {errc::storage_full, "the transaction is gone"};
    return inner_->rollback_to_savepoint();
  }
  base::result<storage::batch_state> reopen() override { return inner_->reopen(); }
  base::result<void> make_durable() override { return inner_->make_durable(); }
  void between_batches() override { inner_->between_batches(); }
  storage::batch_state state() const override { return inner_->state(); }

private:
  std::unique_ptr<storage::engine> inner_;
  rollback_plan& plan_;
};

/// A message that the store refuses: it names a recipient twice.
inline storage::row_operation poison() {
  auto made = letter("poison", {"ada"});
  made.recipients.push_back(made.recipients.front());
  return post(std::move(made));
}

inline storage::row_operation good(int number) {
  return post(letter("m" + std::to_string(number), {"ada"}));
}

/// A writer on a store in memory; keeps what the listener hears.
class rig final : public storage::commit_listener {
public:
  explicit rig(storage::writer_options options = {}) {
    store.set_fault([this](std::string_view step) { return fault_at(std::string{step}); });
    writer = std::make_unique<storage::writer>(
      std::make_unique<stubborn_engine>(value_of(store.open_engine()), rollback), options, *this,
      clock_);
  }

  void decided(std::vector<storage::change_ptr> batch,
               const storage::batch_report& report) override {
    reports.push_back(report);
    batches.emplace_back();
    for (auto& one : batch) {
      const int tag = dynamic_cast<const tagged&>(*one->context).tag;
      batches.back().push_back(tag);
      changes[tag] = std::move(one);
    }
  }

  /// Hands over the change `tag`.
  bool submit(int tag, owner_id owner, epoch decided_in, operations all) {
    return submit(std::make_unique<tagged>(tag), owner, decided_in, std::move(all));
  }

  /// Hands over a change with that context.
  bool submit(std::unique_ptr<tagged> context, owner_id owner, epoch decided_in, operations all) {
    auto made = std::make_unique<storage::change>();
    made->owner = owner;
    made->decided_in = decided_in;
    made->operations = std::move(all);
    made->context = std::move(context);
    return writer->submit(made);
  }

  /// Hands over a change of one good message, and decides it.
  void store_one(int tag, owner_id owner = 1, epoch decided_in = 1) {
    REQUIRE(submit(tag, owner, decided_in, {good(tag)}));
    REQUIRE(writer->step() == 1);
  }

  [[nodiscard]] bool stored(int tag) const { return !changes.at(tag)->failure; }
  [[nodiscard]] errc code(int tag) const { return changes.at(tag)->failure->code; }
  [[nodiscard]] std::string detail(int tag) const { return changes.at(tag)->failure->detail; }

  /// The cursor that the message of change `tag` got.
  [[nodiscard]] storage::cursor cursor(int tag) const {
    return std::get<storage::put_message_outcome>(changes.at(tag)->outcomes.at(0)).at;
  }

  /// The next `times` calls of `step` fail, after `spared` good ones.
  void fail(const std::string& step, errc code, int times = 1, int spared = 0) {
    faults_[step] = {code, spared, times};
  }

  /// What was called since it was asked last, but for `apply`.
  [[nodiscard]] calls called() { return std::exchange(called_, {}); }

  /// Cursors of the store grow, without repeats, in the order of commits.
  void require_growing() const {
    const auto all = store.cursors();
    REQUIRE(std::adjacent_find(all.begin(), all.end(), std::greater_equal<>{}) == all.end());
  }

  memory_store store;
  rollback_plan rollback;
  std::map<int, storage::change_ptr> changes;
  std::vector<tags> batches;
  std::vector<storage::batch_report> reports;
  std::unique_ptr<storage::writer> writer;

private:
  struct planned {
    errc code{};
    int spared = 0;
    int times = 0;
  };

  std::optional<errc> fault_at(const std::string& step) {
    if (step != "apply")
      called_.push_back(step);
    auto& plan = faults_[step];
    if (plan.spared > 0) {
      --plan.spared;
      return std::nullopt;
    }
    return plan.times-- > 0 ? std::optional{plan.code} : std::nullopt;
  }

  still_clock clock_;
  std::map<std::string, planned> faults_;
  calls called_;
};

} // namespace intermute::test
