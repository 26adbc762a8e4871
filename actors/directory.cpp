#include "actors/directory.hpp"

#include "actors/cold_page.hpp"
#include "actors/directory_writes.hpp"
#include "actors/guarded.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "domain/agent_names.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;

constexpr std::chrono::milliseconds load_pause{100};
constexpr std::chrono::milliseconds flush_pause{1'000};

/// Rosters longer than this are put together on a reader's thread: no actor holds its io thread
/// for longer than about 100 microseconds.
constexpr std::size_t roster_inline_max = 200;

agent_list roster(const agent_snapshot& known, const list_agents& wanted) {
  agent_list found;
  for (auto& one : known.all())
    if ((!wanted.project || one.record->project == *wanted.project)
        && domain::has_any_capability(one.record->capabilities, wanted.capabilities))
      found.agents.push_back(
        {std::move(one.record), base::from_nanoseconds(one.presence->last_seen.load())});
  std::sort(found.agents.begin(), found.agents.end(), [](const auto& a, const auto& b) {
    return a.last_seen != b.last_seen ? a.last_seen > b.last_seen : a.agent->id < b.agent->id;
  });
  return found;
}

known_agent fresh(domain::agent record) {
  auto presence = std::make_shared<agent_presence>();
  presence->last_seen = base::to_nanoseconds(record.last_seen);
  return {std::make_shared<const domain::agent>(std::move(record)), std::move(presence)};
}

} // namespace

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
    auto agent = fresh(one);
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
  else if (loading_ && (what->kind() == op_kind::register_agent || !deps_.agents.loaded()))
    waiting_.push_back(std::move(what));
  else
    serve(std::move(what));
}

void directory::serve(op_ptr what) {
  match(
    *what, [this](op_of<register_agent>& one) { register_one(one); },
    [this](op_of<list_agents>& one) { list(one); }, [this](op_of<get_agent>& one) { get(one); },
    [this](op_of<heartbeat>& one) { beat(one); },
    [this](op_of<read_inbox>& one) { read_from_store(one, deps_); });
}

void directory::register_one(op_of<register_agent>& what) {
  auto& asked = what.request;
  const std::string session{base::trimmed(asked.session_id)};
  if (!session.empty() && !base::is_uuid_text(session))
    return what.fail({errc::invalid_session_id,
                      "invalid session_id: must be a valid UUID: " + base::quoted(session),
                      "session_id"});
  const auto now = deps_.clock.wall();
  domain::agent made;
  if (const auto tentative = tentative_sessions_.find(session);
      !session.empty() && tentative != tentative_sessions_.end()) {
    // It loses to a registration that is not on the disk yet: told when that is settled.
    const auto index = tentative->second - pending_.front().number;
    pending_[index].losers.emplace_back(&what);
    return;
  }
  if (const auto known = sessions_.find(session); !session.empty() && known != sessions_.end()) {
    const auto agents = deps_.agents.load();
    const auto* holder = agents->find(known->second);
    const auto seen = base::from_nanoseconds(holder->presence->last_seen.load());
    if (!domain::session_reusable(seen, now, false))
      return what.fail({errc::active_session_conflict,
                        "An agent that was seen in the last 5 minutes uses this session_id. "
                        "Register without one, or stop the other agent.",
                        "session_id"});
    made = *holder->record;
  } else {
    made.id = base::make_uuid(now, deps_.random);
    made.session_id = session.empty() ? base::make_uuid(now, deps_.random) : session;
    made.project = base::trimmed(asked.project);
    made.created_at = now;
  }
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (!taken)
    return what.fail(taken.why());
  made.name = base::trimmed(asked.name).empty() ? free_name(made.project) : asked.name;
  made.capabilities = std::move(asked.capabilities);
  made.metadata = std::move(asked.metadata);
  made.status = std::move(asked.status);
  made.last_seen = now;
  decide(what, std::move(made), std::move(*taken));
}

void directory::decide(op_of<register_agent>& what, domain::agent made, place taken) {
  registered reply{made.id, made.session_id, made.name, base::make_token(deps_.random)};
  made.token_hash = base::sha256(reply.token);
  const auto number = ++decisions_;
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_agent{made});
  auto context
    = std::make_unique<register_context>(address(), op_ptr{&what}, number, std::move(reply));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(taken)))
    return what.fail({errc::shutting_down, "The store is closing. Repeat the request later.", {}});
  names_[made.project].insert(made.name);
  tentative_sessions_[made.session_id] = number;
  pending_.push_back({number, fresh(std::move(made)), {}});
}

std::string directory::free_name(const std::string& project) {
  const auto& used = names_[project];
  auto number = deps_.random.number() % domain::generated_name_count();
  while (used.contains(domain::generated_name(number))) // Ends: names never run out.
    ++number;
  return domain::generated_name(number);
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
    tentative_sessions_.erase(stored.agent.record->session_id);
    sessions_[stored.agent.record->session_id] = stored.agent.record->id;
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

void directory::list(op_of<list_agents>& what) const {
  const auto known = deps_.agents.load();
  if (known->size() <= roster_inline_max)
    return what.answer(roster(*known, what.request));
  auto job = [asked = caf::intrusive_ptr<op_of<list_agents>>{&what}, known](storage::reader&) {
    asked->answer(roster(*known, asked->request));
  };
  if (!deps_.readers.submit(std::move(job)))
    what.fail({errc::mailbox_full,
               "Too many long reads wait. Repeat the request after "
               "Retry-After.",
               "reader"});
}

void directory::get(op_of<get_agent>& what) const {
  const auto known = deps_.agents.load();
  if (const auto* agent = known->find(what.request.agent_id); agent != nullptr)
    what.answer({agent->record, base::from_nanoseconds(agent->presence->last_seen.load())});
  else
    what.fail({errc::agent_not_found, "Nobody is registered under this agent id.", "agent_id"});
}

void directory::beat(op_of<heartbeat>& what) {
  const auto known = deps_.agents.load();
  const auto* agent = known->find(what.request.agent_id);
  if (agent == nullptr)
    return what.fail({errc::agent_not_found,
                      "Nobody is registered under this agent id. Register first.", "agent_id"});
  const auto now = base::to_nanoseconds(deps_.clock.wall());
  agent->presence->last_seen = now;
  if (what.request.focus) {
    agent->presence->focus = *what.request.focus;
    agent->presence->focus_at = now;
  }
  beaten_.insert(what.request.agent_id);
  if (!std::exchange(flush_armed_, true))
    delayed_send<caf::message_priority::high>(this, flush_pause, flush_note{});
  what.answer({});
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
