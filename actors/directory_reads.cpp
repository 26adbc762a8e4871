#include "actors/directory.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

using base::errc;

/// Rosters longer than this are put together by a worker: no actor holds its io thread for longer
/// than about 100 microseconds.
constexpr std::size_t roster_inline_max = 200;

bool has_metadata(const domain::agent& of,
                  const std::vector<std::pair<std::string, std::string>>& wanted) {
  return std::ranges::all_of(wanted, [&](const auto& one) {
    if (!of.metadata)
      return one.second.empty();
    const auto found = of.metadata->find(one.first);
    return base::trimmed(found == of.metadata->end() ? std::string_view{} : found->second)
           == one.second;
  });
}

agent_list roster(const agent_snapshot& known, const list_agents& wanted, base::wall_time now) {
  const auto fits = [&](const known_agent& one) {
    const auto& record = *one.record;
    const auto seen = base::from_nanoseconds(one.presence->last_seen.load());
    return (!wanted.project || record.project == *wanted.project)
           && (wanted.retired || !record.retired_at)
           && (!wanted.active_within || now - seen <= *wanted.active_within)
           && domain::has_any_capability(record.capabilities, wanted.capabilities)
           && has_metadata(record, wanted.metadata);
  };
  agent_list found;
  for (auto& one : known.all())
    if (fits(one))
      found.agents.push_back(
        {std::move(one.record), base::from_nanoseconds(one.presence->last_seen.load())});
  std::sort(found.agents.begin(), found.agents.end(), [](const auto& a, const auto& b) {
    return a.last_seen != b.last_seen ? a.last_seen > b.last_seen : a.agent->id < b.agent->id;
  });
  return found;
}

base::error unknown_agent() {
  return {errc::agent_not_found, "Nobody is registered under this agent id.", "agent_id"};
}

} // namespace

void directory::list(op_of<list_agents>& what) const {
  const auto known = deps_.agents.load();
  const auto now = deps_.clock.wall();
  if (known->size() <= roster_inline_max)
    return what.answer(roster(*known, what.request, now));
  auto job = [asked = caf::intrusive_ptr<op_of<list_agents>>{&what}, known, now] {
    asked->answer(roster(*known, asked->request, now));
  };
  if (!deps_.work.submit(std::move(job)))
    what.fail(worker_pool::full());
}

void directory::get(op_of<get_agent>& what) const {
  const auto known = deps_.agents.load();
  const auto* agent = known->find(what.request.agent_id);
  if (agent != nullptr && may_know(what.request.within, *agent->record))
    what.answer({agent->record, base::from_nanoseconds(agent->presence->last_seen.load())});
  else
    what.fail(unknown_agent());
}

void directory::get(op_of<get_policy>& what) const {
  const auto known = deps_.agents.load();
  const auto* agent = known->find(what.request.agent_id);
  if (agent == nullptr)
    return what.answer({});
  if (!may_know(what.request.within, *agent->record))
    return what.fail(unknown_agent());
  what.answer({agent->record->policy, agent->record->live_policy});
}

void directory::list(op_of<list_contacts>& what) const {
  const auto known = deps_.agents.load();
  const auto* agent = known->find(what.request.agent_id);
  if (agent == nullptr || !may_know(what.request.within, *agent->record))
    return what.fail(unknown_agent());
  const auto& contacts = agent->record->contacts;
  what.answer({{contacts.begin(), contacts.end()}});
}

void directory::beat(op_of<heartbeat>& what) {
  const auto known = deps_.agents.load();
  const auto* agent = known->find(what.request.agent_id);
  if (agent == nullptr || agent->record->retired_at
      || !may_know(what.request.within, *agent->record))
    return what.fail({errc::agent_not_found,
                      "Nobody is in service under this agent id. Register first.", "agent_id"});
  const auto now = base::to_nanoseconds(deps_.clock.wall());
  agent->presence->last_seen = now;
  if (what.request.focus) {
    agent->presence->focus = *what.request.focus;
    agent->presence->focus_at = now;
  }
  note_beat(what.request.agent_id);
  deps_.log.answer(what, {}, address(), epoch_);
}

} // namespace intermute::actors
