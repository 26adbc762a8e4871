#include "actors/directory.hpp"

#include "actors/directory_writes.hpp"
#include "actors/guarded.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;

constexpr std::chrono::milliseconds load_pause{100};
constexpr std::chrono::milliseconds flush_pause{1'000};

bool is_change(op_kind kind) noexcept {
  switch (kind) {
  case op_kind::register_agent:
  case op_kind::patch_metadata:
  case op_kind::set_policy:
  case op_kind::set_contact:
  case op_kind::retire_agent: return true;
  default: return false;
  }
}

} // namespace

known_agent known_from(domain::agent record) {
  auto presence = std::make_shared<agent_presence>();
  presence->last_seen = base::to_nanoseconds(record.last_seen);
  return {std::make_shared<const domain::agent>(std::move(record)), std::move(presence)};
}

directory::directory(caf::actor_config& config, cell_ptr address, const services& deps)
  : bounded(config, std::move(address)), deps_(deps) {}

directory::behavior_type directory::make_behavior() {
  reload();
  const auto guard = [this](op* what, auto handler) {
    guarded(*this, deps_.say, address()->name(), what, handler);
  };
  return {
    [this, guard](op_ptr& what) { guard(what.get(), [&] { handle(what); }); },
    [this, guard](const agents_committed& note) { guard(nullptr, [&] { committed(note); }); },
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
    [this, guard](const agents_loaded& note) { guard(nullptr, [&] { loaded(note); }); },
    [this, guard](const session_checked& note) { guard(nullptr, [&] { holds_checked(note); }); },
    [this, guard](flush_note) { guard(nullptr, [&] { flush(); }); },
    [this, guard](retry_note) {
      if (loading_)
        guard(nullptr, [&] { reload(); });
    },
  };
}

void directory::reload() {
  loading_ = true;
  // Decisions of the old epoch will be rejected or are stored; who lost to them is judged again.
  for (auto& one : std::exchange(pending_, {}))
    for (auto& loser : one.losers)
      waiting_.push_front(std::move(loser));
  tentative_sessions_.clear();
  tentative_agents_.clear();
  epoch_ = address()->next_epoch();
  if (!deps_.log.submit(epoch_, {}, std::make_unique<barrier_context>(address(), epoch_)))
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
}

void directory::load() {
  auto job = [to = address(), which = epoch_](storage::reader& from) {
    using found = base::result<std::vector<domain::agent>>;
    to->notify(
      caf::make_message(agents_loaded{which, std::make_shared<const found>(from.agents())}));
  };
  if (!deps_.readers.submit(std::move(job)))
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
}

void directory::loaded(const agents_loaded& note) {
  if (note.which != epoch_ || !loading_)
    return;
  if (!*note.found) {
    deps_.say->error("directory_load_failed why={}", observe::field(note.found->why().detail));
    delayed_send<caf::message_priority::high>(this, load_pause, retry_note{});
    return;
  }
  rebuild(**note.found);
  loading_ = false;
  for (auto& one : std::exchange(hand_out_, {})) {
    auto& sink = one->sink();
    sink.deliver({std::move(one)});
  }
  for (auto& one : std::exchange(waiting_, {}))
    serve(std::move(one));
}

void directory::rebuild(const std::vector<domain::agent>& stored) {
  const auto before = deps_.agents.load();
  sessions_.clear();
  names_.clear();
  std::vector<known_agent> all;
  all.reserve(stored.size());
  for (const auto& one : stored) {
    sessions_[one.session_id] = one.id;
    names_[one.project].insert(one.name);
    auto agent = known_from(one);
    // Heartbeats since the last flush are in memory only.
    if (const auto* known = before->find(one.id); known != nullptr) {
      agent.presence = known->presence;
    }
    all.push_back(std::move(agent));
  }
  deps_.agents.store(agent_snapshot{}.with(all));
}

void directory::handle(op_ptr what) {
  if (what->expired(deps_.clock.steady()))
    what->fail({errc::deadline_exceeded,
                "The request waited longer than its deadline. Nothing of it was done.",
                "directory"});
  else if (loading_ && (is_change(what->kind()) || !deps_.agents.loaded()))
    waiting_.push_back(std::move(what));
  else
    serve(std::move(what));
}

void directory::serve(op_ptr what) {
  match(
    *what, [this](op_of<register_agent>& one) { register_one(one, std::nullopt); },
    [this](op_of<list_agents>& one) { list(one); }, [this](op_of<get_agent>& one) { get(one); },
    [this](op_of<heartbeat>& one) { beat(one); },
    [this](op_of<patch_metadata>& one) { patch(one); },
    [this](op_of<get_policy>& one) { get(one); }, [this](op_of<set_policy>& one) { set(one); },
    [this](op_of<list_contacts>& one) { list(one); },
    [this](op_of<actors::set_contact>& one) { set(one); },
    [this](op_of<retire_agent>& one) { retire(one); });
}

void directory::committed(const agents_committed& note) {
  std::vector<known_agent> changed;
  std::vector<op_ptr> losers;
  for (const auto& one : *note.done) {
    // Decisions of an earlier life of this actor are not pending: the load brings their agents.
    while (!pending_.empty() && pending_.front().number < one.decision) // Ends: one off a round.
      pending_.pop_front();
    if (pending_.empty() || pending_.front().number != one.decision)
      continue;
    auto stored = std::move(pending_.front());
    pending_.pop_front();
    const auto& record = *stored.agent.record;
    if (const auto at = tentative_sessions_.find(record.session_id);
        at != tentative_sessions_.end() && at->second == stored.number)
      tentative_sessions_.erase(at);
    if (const auto at = tentative_agents_.find(record.id);
        at != tentative_agents_.end() && at->second == stored.number)
      tentative_agents_.erase(at);
    sessions_[record.session_id] = record.id;
    std::move(stored.losers.begin(), stored.losers.end(), std::back_inserter(losers));
    changed.push_back(std::move(stored.agent));
  }
  if (!changed.empty())
    deps_.agents.store(deps_.agents.load()->with(changed));
  for (auto& one : *note.done) {
    if (loading_) {
      hand_out_.push_back(std::move(one.request));
      continue;
    }
    auto& sink = one.request->sink();
    sink.deliver({std::move(one.request)});
  }
  for (auto& one : losers)
    one->fail({errc::active_session_conflict,
               "Another agent has just registered with this session_id. Register without one, or "
               "stop the other agent.",
               "session_id"});
}

void directory::note_beat(const std::string& agent_id) {
  beaten_.insert(agent_id);
  if (!std::exchange(flush_armed_, true))
    delayed_send<caf::message_priority::high>(this, flush_pause, flush_note{});
}

void directory::flush() {
  flush_armed_ = false;
  if (loading_ || !deps_.log.admit(0, urgency::normal)) { // The store is not well: later.
    flush_armed_ = true;
    delayed_send<caf::message_priority::high>(this, flush_pause, flush_note{});
    return;
  }
  storage::touch_agents operation;
  const auto known = deps_.agents.load();
  for (const auto& id : std::exchange(beaten_, {}))
    if (const auto* agent = known->find(id); agent != nullptr)
      operation.seen.emplace_back(id, base::from_nanoseconds(agent->presence->last_seen.load()));
  std::vector<storage::row_operation> operations;
  operations.emplace_back(std::move(operation));
  (void)deps_.log.submit(epoch_, std::move(operations), std::make_unique<beat_context>(address()));
}

} // namespace intermute::actors
