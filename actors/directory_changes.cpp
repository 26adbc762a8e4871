#include "actors/cold_reads.hpp"
#include "actors/directory.hpp"
#include "actors/directory_writes.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "domain/agent_names.hpp"

#include <utility>

namespace intermute::actors {
namespace {

using base::errc;

std::size_t bytes_of(const std::map<std::string, std::string>& metadata) {
  std::size_t bytes = 0;
  for (const auto& [key, value] : metadata)
    bytes += key.size() + value.size();
  return bytes;
}

base::error session_in_use() {
  return {errc::active_session_conflict,
          "An agent that was seen in the last 5 minutes, or holds reservations, uses this "
          "session_id. Register without one, or stop the other agent.",
          "session_id"};
}

} // namespace

template <class Request>
std::optional<place> directory::admit(op_of<Request>& what) const {
  auto taken = deps_.log.admit(what.source(), what.admission());
  if (taken)
    return std::move(*taken);
  what.fail(taken.why());
  return std::nullopt;
}

template <class Request>
const known_agent* directory::find_for(op_of<Request>& what) const {
  const auto* const found = current(what.request.agent_id);
  if (found != nullptr && may_know(what.request.within, *found->record))
    return found;
  what.fail({errc::agent_not_found, "Nobody is registered under this agent id.", "agent_id"});
  return nullptr;
}

const known_agent* directory::current(const std::string& id) const {
  if (const auto at = tentative_agents_.find(id); at != tentative_agents_.end())
    return &pending_[at->second - pending_.front().number].agent;
  return deps_.agents.load()->find(id);
}

template <class Request>
bool directory::decide(op_of<Request>& what, domain::agent made, typename Request::reply told,
                       std::vector<storage::row_operation> operations, place taken) {
  const auto number = decisions_ + 1;
  auto context
    = std::make_unique<agent_context<Request>>(address(), op_ptr{&what}, number, std::move(told));
  if (!deps_.log.submit(epoch_, std::move(operations), std::move(context), std::move(taken))) {
    what.fail(change_log::closed());
    return false;
  }
  decisions_ = number;
  tentative_agents_[made.id] = number;
  // What changes all the time is shared by every version of the record.
  const auto known = deps_.agents.load();
  const auto* const before = known->find(made.id);
  auto agent = known_from(std::move(made));
  if (before != nullptr)
    agent.presence = before->presence;
  pending_.push_back({number, std::move(agent), {}});
  return true;
}

// ---- Registration -----------------------------------------------------------------------------

void directory::register_one(op_of<register_agent>& what, std::optional<bool> holds_reservations) {
  auto& asked = what.request;
  const std::string session{base::trimmed(asked.session_id)};
  if (!session.empty() && !base::is_uuid_text(session))
    return what.fail({errc::invalid_session_id,
                      "invalid session_id: must be a valid UUID: " + base::quoted(session),
                      "session_id"});
  if (asked.metadata && bytes_of(*asked.metadata) > deps_.tuned.metadata_bytes_max)
    return what.fail({errc::metadata_too_large, {}, "metadata"});
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
    const auto& holder = *current(known->second);
    const auto seen = base::from_nanoseconds(holder.presence->last_seen.load());
    const bool in_service = !holder.record->retired_at;
    if (!may_know(asked.within, *holder.record)
        || (in_service && !domain::session_reusable(seen, now, holds_reservations.value_or(false))))
      return what.fail(session_in_use());
    if (in_service && !holds_reservations)
      return check_holds(what, holder.record->id);
    made = *holder.record;
    made.retired_at.reset();
  } else {
    made.id = base::make_uuid(now, deps_.random);
    made.session_id = session.empty() ? base::make_uuid(now, deps_.random) : session;
    made.project = base::trimmed(asked.project);
    made.created_at = now;
  }
  auto taken = admit(what);
  if (!taken)
    return;
  // Copies: the request is judged again when the store fails.
  made.name = base::trimmed(asked.name).empty() ? free_name(made.project) : asked.name;
  made.capabilities = asked.capabilities;
  made.metadata = asked.metadata;
  made.status = asked.status;
  made.last_seen = now;
  registered told{made.id, made.session_id, made.name, base::make_token(deps_.random)};
  made.token_hash = base::sha256(told.token);
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_agent{made});
  if (!decide(what, std::move(made), std::move(told), std::move(operations), std::move(*taken)))
    return;
  // A taken-over session is in use from now on, whatever its screen showed before.
  const auto& agent = pending_.back().agent;
  agent.presence->last_seen = base::to_nanoseconds(now);
  agent.presence->focus = domain::focus::unknown;
  const auto& decided = *agent.record;
  names_[decided.project].insert(decided.name);
  tentative_sessions_[decided.session_id] = decisions_;
}

void directory::check_holds(op_of<register_agent>& what, const std::string& agent_id) {
  auto job = [asked = op_ptr{&what}, to = address(), agent_id,
              now = deps_.clock.wall()](storage::reader& from) {
    to->notify(caf::make_message(session_checked{
      asked, std::make_shared<const base::result<bool>>(from.holds_any(agent_id, now))}));
  };
  if (!deps_.readers.submit(std::move(job)))
    what.fail(cold_reads::full());
}

void directory::holds_checked(const session_checked& note) {
  auto& what = static_cast<op_of<register_agent>&>(*note.request);
  if (!*note.found)
    what.fail(note.found->why());
  else if (loading_)
    waiting_.push_back(note.request);
  else
    register_one(what, **note.found);
}

std::string directory::free_name(const std::string& project) {
  const auto& used = names_[project];
  auto number = deps_.random.number() % domain::generated_name_count();
  while (used.contains(domain::generated_name(number))) // Ends: names never run out.
    ++number;
  return domain::generated_name(number);
}

// ---- Changes of one agent ---------------------------------------------------------------------

void directory::patch(op_of<patch_metadata>& what) {
  const auto* const known = find_for(what);
  if (known == nullptr)
    return;
  auto made = *known->record;
  auto merged = what.request.metadata;
  if (made.metadata)
    merged.insert(made.metadata->begin(), made.metadata->end()); // What was given wins.
  if (bytes_of(merged) > deps_.tuned.metadata_bytes_max)
    return what.fail({errc::metadata_too_large, {}, "metadata"});
  auto taken = admit(what);
  if (!taken)
    return;
  made.metadata = std::move(merged);
  made.last_seen = deps_.clock.wall();
  known->presence->last_seen = base::to_nanoseconds(made.last_seen);
  agent_view told{std::make_shared<const domain::agent>(made), made.last_seen};
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_agent{made});
  (void)decide(what, std::move(made), std::move(told), std::move(operations), std::move(*taken));
}

void directory::set(op_of<set_policy>& what) {
  const auto* const known = find_for(what);
  if (known == nullptr)
    return;
  auto taken = admit(what);
  if (!taken)
    return;
  auto made = *known->record;
  made.policy = what.request.policy.value_or(made.policy);
  made.live_policy = what.request.live_policy.value_or(made.live_policy);
  policies told{made.policy, made.live_policy};
  std::vector<storage::row_operation> operations;
  operations.emplace_back(storage::put_agent{made});
  (void)decide(what, std::move(made), told, std::move(operations), std::move(*taken));
}

void directory::set(op_of<actors::set_contact>& what) {
  const auto& asked = what.request;
  const auto* const known = find_for(what);
  if (known == nullptr)
    return;
  auto made = *known->record;
  if (asked.present && !made.contacts.contains(asked.contact)
      && made.contacts.size() >= deps_.tuned.contacts_max)
    return what.fail({errc::contact_limit, {}, "contacts"});
  auto taken = admit(what);
  if (!taken)
    return;
  if (asked.present)
    made.contacts.insert(asked.contact);
  else
    made.contacts.erase(asked.contact);
  contact_list told{{made.contacts.begin(), made.contacts.end()}};
  std::vector<storage::row_operation> operations;
  operations.emplace_back(
    storage::set_contact{made.id, asked.contact, asked.present, deps_.clock.wall()});
  (void)decide(what, std::move(made), std::move(told), std::move(operations), std::move(*taken));
}

void directory::retire(op_of<retire_agent>& what) {
  const auto& asked = what.request;
  const auto* const known = find_for(what);
  if (known == nullptr)
    return;
  auto taken = admit(what);
  if (!taken)
    return;
  const auto now = deps_.clock.wall();
  const auto seen = base::from_nanoseconds(known->presence->last_seen.load());
  auto made = *known->record;
  retired told;
  std::vector<storage::row_operation> operations;
  if (asked.back && made.retired_at) {
    made.retired_at.reset();
    told.token = base::make_token(deps_.random); // The old one stays dead.
    made.token_hash = base::sha256(told.token);
  } else if (!asked.back && !made.retired_at) {
    made.retired_at = now;
  }
  operations.emplace_back(storage::put_agent{made});
  if (!asked.back)
    operations.emplace_back(
      storage::end_reservations_of{made.id, domain::release_reason::retired, now});
  told.agent = {std::make_shared<const domain::agent>(made), seen};
  (void)decide(what, std::move(made), std::move(told), std::move(operations), std::move(*taken));
}

} // namespace intermute::actors
