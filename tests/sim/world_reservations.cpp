#include "domain/glob.hpp"
#include "tests/sim/sim_op.hpp"

#include <algorithm>
#include <map>

namespace intermute::test {
namespace {

using actors::op_kind;

const std::vector<std::string> patterns{"src/**", "src/a.go",     "src/*.go", "docs/",
                                        "docs/x", "{src,docs}/y", "*",        "a/b/c"};

/// The first is compared with the two others by a worker; it overlaps the last.
const std::vector<std::string> long_patterns{std::string(3'500, 'a'),
                                             "*" + std::string(1'500, 'a') + "b*",
                                             "*" + std::string(1'400, 'a') + "*"};

const domain::glob& compiled(const std::string& pattern) {
  static std::map<std::string, domain::glob> known;
  auto at = known.find(pattern);
  if (at == known.end())
    at = known.emplace(pattern, *domain::glob::parse(pattern)).first;
  return at->second;
}

/// Nobody else may hold an overlapping reservation while an exclusive one lasts.
bool excludes(const storage::reservation& a, const storage::reservation& b) {
  if (a.project != b.project || a.agent_id == b.agent_id || !(a.exclusive || b.exclusive))
    return false;
  const auto end_of = [](const storage::reservation& one) {
    return one.released_at ? std::min(*one.released_at, one.expires_at) : one.expires_at;
  };
  if (a.created_at >= end_of(b) || b.created_at >= end_of(a))
    return false;
  return compiled(a.path_pattern).overlaps(compiled(b.path_pattern));
}

} // namespace

void world::reserve_something() {
  static const auto cost = compiled(long_patterns[0]).cost(compiled(long_patterns[1]));
  require(cost > domain::glob_inline_cost_max, "long patterns are compared by a worker");
  actors::reserve what;
  what.project = pick(projects);
  what.agent_id = pick(agents);
  what.path_pattern = pick(chance(10) ? long_patterns : patterns);
  what.exclusive = chance(60);
  what.ttl_minutes = 1;
  const auto scope = chance(15) ? "reserve" + std::to_string(random_() % 40) : std::string{};
  auto& note = ask(what, scope);
  note.project = what.project;
  note.agent = what.agent_id;
}

void world::release_something() {
  if (granted_.empty())
    return;
  actors::release_reservation what;
  what.id = pick(granted_);
  what.agent_id = pick(agents);
  auto& note = ask(what);
  note.named = what.id;
}

void world::look_at_reservations() {
  if (chance(50)) {
    actors::list_reservations what;
    what.project = pick(projects);
    if (chance(30))
      what.agent_id = pick(agents);
    (void)ask(std::move(what));
    return;
  }
  (void)ask(actors::check_reservation{pick(projects), pick(patterns), chance(80)});
}

void world::change_an_agent() {
  if (patched_.empty() || chance(10)) {
    actors::register_agent what;
    what.project = pick(projects);
    (void)ask(std::move(what));
    return;
  }
  const auto agent = pick(patched_);
  if (chance(15)) {
    (void)ask(actors::retire_agent{agent, chance(60), {}});
    return;
  }
  if (chance(15)) {
    (void)ask(actors::set_contact{agent, pick(agents), chance(60), {}});
    return;
  }
  if (chance(15)) {
    actors::set_policy what;
    what.agent_id = agent;
    what.policy = static_cast<domain::contact_policy>(random_() % 4);
    (void)ask(std::move(what));
    return;
  }
  actors::patch_metadata what;
  what.agent_id = agent;
  const auto key = "k" + std::to_string(asked_.size());
  what.metadata[key] = "v";
  auto& note = ask(std::move(what));
  note.agent = agent;
  note.named = key;
}

void world::broadcast_something() {
  actors::broadcast what;
  what.project = chance(50) ? "p" : "q";
  what.from = pick(agents);
  what.rate_key = what.from;
  what.topic = "all";
  what.body = "b";
  (void)ask(std::move(what));
}

void world::read_a_thread() {
  if (chance(50))
    (void)ask(actors::read_thread{pick(projects), "t", 0, 1'000, {}});
  else
    (void)ask(actors::list_threads{pick(projects), pick(agents), 0, 50});
}

void world::send_again() {
  actors::send_message what;
  what.project = "p";
  what.from = "ada";
  what.to = {"bob"};
  const auto scope = "send" + std::to_string(random_() % 40);
  what.body = scope;
  auto& note = ask(what, scope);
  note.project = what.project;
  note.sent.from = what.from;
  note.sent.recipients = domain::recipients_of(what.to, {}, {});
  note.sent.body = what.body;
}

// ---- What must hold ---------------------------------------------------------------------------

void world::check_reservation_answer(const asked& one) {
  if (one.registered && one.session.empty())
    patched_.push_back(one.registered->agent_id);
  const bool of_reservations
    = one.kind == op_kind::reserve || one.kind == op_kind::list_reservations
      || one.kind == op_kind::check_reservation || one.kind == op_kind::release_reservation;
  if (!of_reservations)
    return;
  std::map<std::string, storage::reservation> stored;
  for (auto& each : store_.reservations())
    stored[each.id] = std::move(each);
  for (const auto& id : one.shown)
    require(stored.contains(id), "a reservation that is shown is durable");
  if (one.reserved && one.reserved->conflicts.empty()) {
    require(stored.contains(one.reserved->reservation.id),
            "an acknowledged reservation is durable");
    granted_.push_back(one.reserved->reservation.id);
  }
  if (one.kind == op_kind::release_reservation && !one.failure)
    require(stored.at(one.named).released_at.has_value(), "an acknowledged release is durable");
}

void world::check_reservations() const {
  const auto all = store_.reservations();
  for (std::size_t i = 0; i < all.size(); ++i) {
    require(all[i].released_at || all[i].expires_at > clock_.wall(),
            "a reservation whose time is over has ended");
    for (std::size_t j = i + 1; j < all.size(); ++j)
      require(!excludes(all[i], all[j]), "no two agents hold what excludes each other: "
                                           + all[i].path_pattern + " and " + all[j].path_pattern);
  }
}

void world::check_reservation_events() const {
  auto reader = const_cast<memory_store&>(store_).open_reader();
  std::map<std::string, int> begun;
  std::map<std::string, int> ended;
  for (const auto& project : {std::string{"p"}, std::string{"q"}}) {
    const auto page = (*reader)->events({project, "nobody", 0, 1'000'000});
    require(static_cast<bool>(page), "the log can be read at the end");
    for (const auto& what : page->events) {
      if (what.kind == domain::event_kind::reservation_created)
        ++begun[what.reservation_id];
      else if (domain::is_of_reservation(what.kind))
        ++ended[what.reservation_id];
    }
  }
  for (const auto& one : store_.reservations()) {
    if (one.project.empty())
      continue; // Its events are seen in every project.
    require(begun[one.id] == 1, "a reservation begins with one event");
    require(ended[one.id] == (one.released_at ? 1 : 0), "a reservation ends with one event");
  }
}

void world::check_patches() const {
  std::map<std::string, domain::agent> stored;
  for (auto& one : store_.agents())
    stored[one.id] = std::move(one);
  for (const auto& one : asked_)
    if (one->kind == op_kind::patch_metadata && one->answers == 1 && !one->failure)
      require(stored.at(one->agent).metadata->contains(one->named),
              "no acknowledged change of metadata is lost");
}

void world::check_repeats() const {
  std::map<std::string, std::string> kept;
  for (const auto& one : asked_) {
    if (one->scope.empty() || one->answers != 1 || one->failure || one->kept.empty())
      continue;
    const auto [at, fresh] = kept.emplace(one->scope, one->kept);
    require(at->second == one->kept, "every repeat of a request gets the first one's answer");
  }
  std::map<std::string, int> sent;
  for (const auto& one : store_.messages())
    if (one.message->body.starts_with("send"))
      require(++sent[one.message->body] == 1, "a repeated request stores one message");
}

} // namespace intermute::test
