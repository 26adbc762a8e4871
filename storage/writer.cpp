#include "storage/writer.hpp"

#include <algorithm>

namespace intermute::storage {

using base::errc;
using base::error;
using base::result;

namespace {

#ifdef INTERMUTE_CANARY
constexpr bool every_commit_counts = true; // The known bug that the simulation has to catch.
#else
constexpr bool every_commit_counts = false;
#endif

} // namespace

writer::writer(std::unique_ptr<engine> engine, writer_options options, commit_listener& listener,
               const base::clock& clock)
  : engine_(std::move(engine)), options_(options), listener_(listener), clock_(clock),
    ring_(std::max<std::size_t>(1, options.ring_capacity)), state_(engine_->state()) {}

std::size_t writer::step() {
  std::vector<change_ptr> batch;
  const auto taken = ring_.drain(batch, options_.batch_max);
  if (taken > 0)
    decide(std::move(batch));
  return taken;
}

void writer::run() {
  for (;;) { // Ends: the ring is closed and empty.
    std::vector<change_ptr> batch;
    batch.reserve(options_.batch_max);
    if (ring_.wait_and_drain(batch, options_.batch_max) == 0)
      return;
    decide(std::move(batch));
  }
}

void writer::decide(std::vector<change_ptr> batch) {
  batch_report report;
  report.changes = batch.size();
  const auto began = clock_.steady();
  std::vector<change*> live;
  live.reserve(batch.size());
  for (auto& one : batch)
    if (!rejected(*one))
      live.push_back(one.get());
  if (!live.empty()) {
    if (auto ready = recover(); ready)
      store(live, report);
    else
      for (auto* one : live)
        fail(*one, *(report.fault = ready.why()));
  }
  report.uncertain = uncertain_;
  report.commit = clock_.steady() - began;
  listener_.decided(std::move(batch), report);
  if (!broken_)
    engine_->between_batches();
}

bool writer::rejected(change& what) {
  const auto found = failed_.find(what.owner);
  if (found == failed_.end())
    return false;
  if (what.decided_in > found->second.last) {
    failed_.erase(found); // The owner has reloaded: a new epoch begins.
    return false;
  }
  what.failure = found->second.cause;
  return true;
}

void writer::fail(change& what, const error& why) {
  what.failure = why;
  what.outcomes.clear();
  failed_[what.owner] = {what.decided_in, why};
}

result<void> writer::recover() {
  if (!broken_)
    return {};
  auto found = engine_->reopen();
  if (!found)
    return found.why();
  if (uncertain_)
    // What a reopened file shows may live in the page cache only: sync it before anybody reads.
    if (auto durable = engine_->make_durable(); !durable)
      return durable.why();
  state_.batch = found->batch;
  state_.high_water = std::max(state_.high_water, found->high_water);
  broken_ = false;
  uncertain_ = false;
  return {};
}

bool writer::begun(const std::vector<change*>& batch, batch_report& report) {
  auto tried = engine_->begin();
  for (std::uint32_t i = 0;
       i < options_.busy_retries && !tried && tried.why().code == errc::storage_busy; ++i)
    tried = engine_->begin();
  if (tried)
    return true;
  report.fault = tried.why();
  if (!engine_->rollback())
    broken_ = true;
  for (auto* one : batch)
    fail(*one, tried.why());
  return false;
}

result<void> writer::apply_all(const std::vector<change*>& batch, cursor& last) {
  for (auto* one : batch) {
    one->outcomes.clear();
    for (const auto& operation : one->operations) {
      auto applied = engine_->apply(operation, last);
      if (!applied)
        return applied.why();
      one->outcomes.push_back(std::move(*applied));
    }
    if (one->context == nullptr)
      continue;
    if (const auto last_one = one->context->conclude(*one))
      if (auto applied = engine_->apply(*last_one, last); !applied)
        return applied.why();
  }
  return {};
}

void writer::store(const std::vector<change*>& batch, batch_report& report) {
  if (!begun(batch, report))
    return;
  auto last = state_.high_water;
  if (auto applied = apply_all(batch, last); applied)
    return finish(batch, last, report);
  else
    report.fault = applied.why();
  if (auto undone = engine_->rollback(); !undone) {
    broken_ = true;
    for (auto* one : batch)
      fail(*one, *report.fault);
    return;
  }
  replay(batch, report);
}

void writer::replay(const std::vector<change*>& batch, batch_report& report) {
  if (!begun(batch, report))
    return;
  auto last = state_.high_water;
  std::vector<change*> stored;
  for (auto* one : batch) {
    if (rejected(*one))
      continue;
    const auto before = last;
    auto saved = engine_->savepoint();
    auto applied = saved ? apply_all({one}, last) : saved;
    if (applied)
      applied = engine_->release_savepoint();
    if (applied) {
      stored.push_back(one);
      continue;
    }
    last = before;
    fail(*one, applied.why());
    if (engine_->rollback_to_savepoint())
      continue;
    // The engine has given the transaction up (a full disk does that): nothing of it remains.
    if (!engine_->rollback())
      broken_ = true;
    for (auto* each : batch)
      if (!each->failure)
        fail(*each, applied.why());
    return;
  }
  if (stored.empty()) {
    if (!engine_->rollback())
      broken_ = true;
    return;
  }
  report.fault.reset(); // The poisoned change is out; the store itself works.
  finish(stored, last, report);
}

void writer::finish(const std::vector<change*>& batch, cursor last, batch_report& report) {
  const batch_state wanted{state_.batch + 1, last};
  auto committed = engine_->commit(wanted);
  if (committed || every_commit_counts) {
    state_ = wanted;
    report.stored = batch.size();
    return;
  }
  report.fault = committed.why();
  resolve(batch, wanted, committed.why(), report);
}

void writer::resolve(const std::vector<change*>& batch, const batch_state& wanted, const error& why,
                     batch_report& report) {
  // Cursors of this batch may be in the file: they are never given out again.
  state_.high_water = std::max(state_.high_water, wanted.high_water);
  const auto unknown = [&](const error& cause) {
    broken_ = true;
    uncertain_ = true;
    const error told{errc::outcome_unknown,
                     "The commit failed and could not be checked (" + cause.detail
                       + "). Read the state back before you repeat the request.",
                     {}};
    for (auto* one : batch)
      fail(*one, told);
  };
  auto found = engine_->reopen();
  if (!found)
    return unknown(found.why());
  if (found->batch == wanted.batch) {
    if (auto durable = engine_->make_durable(); !durable)
      return unknown(durable.why());
    state_ = wanted;
    report.stored = batch.size();
    return;
  }
  state_.batch = found->batch;
  for (auto* one : batch)
    fail(*one, why);
}

} // namespace intermute::storage
