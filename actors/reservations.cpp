#include "actors/reservations.hpp"

#include "actors/guarded.hpp"
#include "actors/reservation_writes.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;
using standing = domain::hold::standing;

constexpr std::chrono::milliseconds load_pause{100};

/// Both change the table or are judged on it in their order.
bool is_ordered(op_kind kind) noexcept {
  return kind == op_kind::reserve || kind == op_kind::release_reservation;
}

/// What is left of a lease at `now`, and never more than all of it (the clock may have jumped).
std::chrono::nanoseconds left_of(const domain::reservation& one, base::wall_time now) {
  const auto whole = std::max(one.expires_at - one.created_at, std::chrono::nanoseconds{0});
  return std::clamp(std::chrono::nanoseconds{one.expires_at - now}, std::chrono::nanoseconds{0},
                    whole);
}

} // namespace

reservations::reservations(caf::actor_config& config, cell_ptr address, const services& deps,
                           std::string project)
  : bounded(config, std::move(address)), deps_(deps), project_(std::move(project)) {}

reservations::behavior_type reservations::make_behavior() {
  reload();
  const auto guard = [this](op* what, auto handler) {
    guarded(*this, deps_.say, address()->name(), what, handler);
  };
  return {
    [this, guard](op_ptr& what) { guard(what.get(), [&] { handle(what); }); },
    [this, guard](const holds_granted& note) { guard(nullptr, [&] { granted(note); }); },
    [this, guard](const holds_ended& note) { guard(nullptr, [&] { ended(note); }); },
    [this, guard](holds_doubtful) { guard(nullptr, [&] { reload(); }); },
    [this, guard](const epoch_failed& note) {
      if (note.which == epoch_)
        guard(nullptr, [&] { reload(); });
    },
    [this, guard](const barrier_passed& note) {
      if (note.which == epoch_)
        guard(nullptr, [&] {
          if (note.stored)
            load();
          else
            delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
        });
    },
    [this, guard](const holds_loaded& note) { guard(nullptr, [&] { loaded(note); }); },
    [this, guard](const overlaps_found& note) {
      guard(note.request.get(), [&] { compared(note); });
    },
    [this, guard](expiry_note) {
      guard(nullptr, [&] {
        armed_ = base::steady_time::max();
        expire();
        arm();
      });
    },
    [this, guard](retry_note) {
      if (loading_)
        guard(nullptr, [&] { reload(); });
    },
    [this](passivate_note) {
      if (!loading_ && table_.empty() && comparing_ == nullptr && address()->passivate())
        quit();
    },
  };
}

// ---- Loading ----------------------------------------------------------------------------------

void reservations::reload() {
  loading_ = true;
  // What rested on decisions of the old epoch is judged again, before all that came later.
  for (auto& [id, some] : std::exchange(dependents_, {}))
    std::move(some.begin(), some.end(), std::front_inserter(waiting_));
  if (comparing_ != nullptr)
    waiting_.push_front(std::exchange(comparing_, nullptr));
  epoch_ = address()->next_epoch();
  if (!deps_.log.submit(epoch_, {}, std::make_unique<barrier_context>(address(), epoch_)))
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
}

void reservations::load() {
  ended_early_.clear(); // What ended before is in the snapshot.
  auto job = [to = address(), which = epoch_, project = project_](storage::reader& from) {
    using found = base::result<std::vector<domain::reservation>>;
    to->notify(caf::make_message(
      holds_loaded{which, std::make_shared<const found>(from.open_reservations(project))}));
  };
  if (!deps_.readers.submit(std::move(job)))
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
}

void reservations::loaded(const holds_loaded& note) {
  if (note.which != epoch_ || !loading_)
    return;
  if (!*note.found) {
    deps_.say->error("reservations_load_failed project={} why={}", observe::field(project_),
                     observe::field(note.found->why().detail));
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
    return;
  }
  table_.clear();
  loaded_at_ = deps_.clock.wall();
  loaded_at_steady_ = deps_.clock.steady();
  for (const auto& one : **note.found) {
    domain::hold made;
    made.expires = loaded_at_steady_ + left_of(one, loaded_at_);
    made.record = std::make_shared<const domain::reservation>(one);
    if (auto pattern = domain::glob::parse(one.path_pattern))
      made.pattern = std::move(*pattern);
    else
      deps_.say->warn("reservation_unreadable id={} pattern={}", one.id,
                      observe::field(one.path_pattern));
    made.is = standing::held;
    table_.add(std::move(made));
  }
  for (const auto& id : std::exchange(ended_early_, {}))
    table_.remove(id);
  loading_ = false;
  expire();
  arm();
  serve_waiting();
}

base::wall_time reservations::now() const {
  return loaded_at_ + (deps_.clock.steady() - loaded_at_steady_);
}

// ---- What the writer tells --------------------------------------------------------------------

void reservations::granted(const holds_granted& note) {
  if (loading_)
    return; // The load will show them.
  for (const auto& id : *note.ids)
    if (auto* const one = table_.find(id); one != nullptr && one->is == standing::granting) {
      table_.set(*one, standing::held);
      forget(id);
    }
  arm();
}

void reservations::ended(const holds_ended& note) {
  for (const auto& id : *note.ids) {
    if (loading_)
      ended_early_.push_back(id);
    else
      table_.remove(id);
    forget(id);
  }
}

void reservations::forget(const std::string& id) {
  const auto found = dependents_.find(id);
  if (found == dependents_.end())
    return;
  auto again = std::move(found->second);
  dependents_.erase(found);
  for (auto& one : again)
    handle(std::move(one));
}

// ---- Expiry -----------------------------------------------------------------------------------

void reservations::expire() {
  if (loading_)
    return;
  auto over = table_.expired(deps_.clock.steady());
  if (over.empty())
    return;
  for (const auto& id : over)
    table_.set(*table_.find(id), standing::ending);
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::end_reservations{
    std::move(over), domain::release_reason::expired, deps_.clock.wall()});
  auto context = std::make_unique<expiry_context>(address());
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context)))
    reload(); // The ring is full: they are found again.
}

void reservations::arm() {
  const auto next = table_.next_expiry();
  if (loading_ || next >= armed_)
    return;
  armed_ = next;
  const auto pause = std::max(next - deps_.clock.steady(), base::steady_time::duration{0});
  delayed_send<caf::message_priority::high>(this, pause, expiry_note{});
}

// ---- Requests ---------------------------------------------------------------------------------

void reservations::handle(op_ptr what) {
  if (what->expired(deps_.clock.steady()))
    what->fail({errc::deadline_exceeded,
                "The request waited longer than its deadline. Nothing of it was done.",
                "reservations"});
  else if (loading_ || (comparing_ != nullptr && is_ordered(what->kind())))
    waiting_.push_back(std::move(what));
  else
    serve(std::move(what));
}

void reservations::serve(op_ptr what) {
  match(
    *what, [this](op_of<reserve>& one) { judge(one); },
    [this](op_of<release_reservation>& one) { release(one); },
    [this](op_of<list_reservations>& one) { list(one); },
    [this](op_of<check_reservation>& one) { check(one); });
}

void reservations::serve_waiting() {
  // Ends: each round takes one; what has to wait again waits behind the same reason.
  while (!waiting_.empty() && !loading_ && comparing_ == nullptr) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    handle(std::move(next));
  }
}

void reservations::list(op_of<list_reservations>& what) const {
  const auto at = deps_.clock.steady();
  reservation_list found;
  found.now = now();
  for (auto one = table_.all().rbegin(); one != table_.all().rend(); ++one)
    if (one->second.is_seen(at))
      found.reservations.push_back(*one->second.record);
  what.answer(std::move(found));
}

} // namespace intermute::actors
