#include "tests/sim/world.hpp"

#include "base/sha256.hpp"
#include "tests/sim/sim_op.hpp"

#include <caf/exit_reason.hpp>
#include <caf/send.hpp>

#include <algorithm>
#include <map>

namespace intermute::test {
namespace {

using actors::op_kind;
using base::errc;

const std::vector<std::string> sessions{
  "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222",
  "33333333-3333-4333-8333-333333333333", "44444444-4444-4444-8444-444444444444"};

std::string render(const domain::event& what, const std::string&, bool) {
  return std::to_string(what.at);
}

/// True if a failure of this code says that nothing was done.
bool is_definite(errc code) { return code != errc::outcome_unknown; }

} // namespace

world::world(std::uint64_t seed) : random_(seed), entropy_(random_()), executor_(clock_, random_) {
  settings_.actors.idle_timeout = std::chrono::milliseconds{200 + random_() % 2'000};
  settings_.actors.inbox_tail_max = 1 + static_cast<std::uint32_t>(random_() % 12);
  settings_.actors.restarts_max = 1'000; // Crashes are the point; the limit has its own test.
  settings_.writer.batch_max = 1 + static_cast<std::uint32_t>(random_() % 12);
  settings_.storage.reader_queue = 2 + static_cast<std::uint32_t>(random_() % 30);
  for (auto& capacity : settings_.mailboxes.capacities)
    capacity = 3 + static_cast<std::uint32_t>(random_() % 40);
  store_.set_fault([this](std::string_view) -> std::optional<errc> {
    if (!chance(fault_percent_))
      return std::nullopt;
    constexpr std::array codes{errc::storage_busy, errc::storage_full, errc::storage_failed};
    return codes[random_() % codes.size()];
  });
  start();
}

world::~world() { system_.reset(); }

void world::start() {
  metrics_ = std::make_unique<observe::registry>();
  auto engine = store_.open_engine();
  auto reader = store_.open_reader();
  require(engine && reader, "the store opens again");
  std::vector<std::unique_ptr<storage::reader>> readers;
  readers.push_back(std::move(*reader));
  system_ = std::make_unique<actors::system>(
    actors::system_parts{settings_, clock_, entropy_, *metrics_, observe::silent_logger(), render,
                         &executor_, std::move(*engine), std::move(readers)});
}

void world::end(bool process_dies) {
  const auto faults = std::exchange(fault_percent_, 0);
  if (process_dies)
    store_.crash();
  system_.reset();
  if (process_dies)
    to_hand_out_.clear(); // Nobody hears what a dead process had to say.
  hand_out();
  for (auto& one : listeners_)
    lost_listeners_.push_back(std::move(one));
  listeners_.clear();
  fault_percent_ = faults;
}

void world::run(int count) {
  for (int i = 0; i < count; ++i) {
    ++steps_;
    step();
  }
  fault_percent_ = 0;
  settle();
  check_inboxes();
  check_end();
  end(false);
}

void world::step() {
  const auto dice = random_() % 1'000;
  if (dice < 300)
    executor_.step();
  else if (dice < 420)
    (void)system_->writer().step();
  else if (dice < 485)
    (void)system_->readers().step();
  else if (dice < 500)
    (void)system_->workers().step();
  else if (dice < 580)
    hand_out();
  else if (dice < 640)
    executor_.advance(std::chrono::microseconds{random_() % 20'000});
  else if (dice < 975)
    ask_something();
  else if (dice < 985)
    crash_an_actor();
  else if (dice < 995)
    fault_percent_ = chance(60) ? 0 : 1 + static_cast<unsigned>(random_() % 40);
  else if (dice == 995) {
    end(true);
    start();
  } else if (dice < 998)
    executor_.advance(std::chrono::milliseconds{random_() % 1'500});
}

void world::ask_something() {
  switch (random_() % 30) {
  case 0:
  case 1: return register_somebody();
  case 2:
  case 3: return mark_something();
  case 4:
  case 5:
  case 6: return read_somewhere(false);
  case 7: return read_somewhere(true);
  case 8: return listen_somewhere();
  case 9:
  case 10:
  case 11:
  case 12: return reserve_something();
  case 13:
  case 14: return release_something();
  case 15:
  case 16: return look_at_reservations();
  case 17:
  case 18: return change_an_agent();
  case 19: return broadcast_something();
  case 20: return read_a_thread();
  case 21:
  case 22: return send_again();
  default: return send_something();
  }
}

std::string world::pick(const std::vector<std::string>& from) {
  return from[random_() % from.size()];
}

void world::register_somebody() {
  actors::register_agent what;
  what.project = pick(projects);
  what.session_id = chance(70) ? pick(sessions) : "";
  auto& note = ask(what);
  note.project = what.project;
  note.session = what.session_id;
}

void world::send_something() {
  actors::send_message what;
  what.project = pick(projects);
  what.from = pick(agents);
  what.to = {pick(agents)};
  if (chance(30))
    what.thread_id = "t";
  if (chance(40))
    what.cc = {pick(agents)};
  if (chance(20))
    what.bcc = {pick(agents), pick(agents)};
  if (chance(70))
    what.id = "m" + std::to_string(chance(30) && next_id_ > 0 ? random_() % next_id_ : next_id_++);
  what.body = std::to_string(random_() % 3);
  auto& note = ask(what);
  note.project = what.project;
  note.sent.id = what.id;
  note.sent.from = what.from;
  note.sent.recipients = domain::recipients_of(what.to, what.cc, what.bcc);
  note.sent.body = what.body;
}

void world::mark_something() {
  actors::mark_message what;
  what.project = pick(projects);
  what.agent = chance(90) ? pick(agents) : "";
  what.message_id = "m" + std::to_string(random_() % (next_id_ + 1));
  what.mark = chance(50) ? domain::mark_kind::read : domain::mark_kind::ack;
  (void)ask(std::move(what));
}

void world::read_somewhere(bool count) {
  const auto project = pick(projects);
  const auto agent = pick(agents);
  if (count) {
    (void)ask(actors::count_inbox{project, agent});
    return;
  }
  actors::read_inbox what;
  what.query.agent = agent;
  const bool spanning = chance(10);
  if (!spanning)
    what.query.project = project;
  what.query.since = chance(50) ? 0 : random_() % (last_seen_ + 1);
  what.query.limit = 1'000;
  const auto since = what.query.since;
  auto& note = ask(std::move(what));
  note.project = project;
  note.agent = agent;
  note.since = since;
  note.spanning = spanning;
}

void world::listen_somewhere() {
  if (listeners_.size() > 12)
    return;
  actors::subscribe what;
  what.socket = asked_.size() + 1;
  what.frames = this;
  what.project = pick(projects);
  what.agent = pick(agents);
  what.since = random_() % (last_seen_ + 1);
  listeners_.push_back({what.socket, what.project, what.agent, *what.since, false, {}});
  (void)ask(std::move(what));
}

void world::crash_an_actor() {
  std::vector<caf::strong_actor_ptr> alive;
  const auto note = [&](const actors::cell_ptr& one) {
    if (auto actor = one->actor(); actor != nullptr)
      alive.push_back(std::move(actor));
  };
  system_->book().for_each(note);
  for (const auto& one : system_->singletons())
    note(one);
  if (!alive.empty())
    caf::anon_send_exit(caf::actor_cast<caf::actor>(alive[random_() % alive.size()]),
                        caf::exit_reason::kill);
}

void world::deliver(std::vector<actors::op_ptr> answered) {
  std::move(answered.begin(), answered.end(), std::back_inserter(to_hand_out_));
}

void world::deliver(std::vector<actors::frame> frames) {
  for (const auto& one : frames) {
    const auto found = std::find_if(listeners_.begin(), listeners_.end(),
                                    [&](const listener& each) { return each.id == one.to; });
    if (found == listeners_.end())
      continue;
    const domain::cursor at = std::stoull(*one.payload);
    require(found->heard.empty() || found->heard.back() < at,
            "frames come in cursor order, each once");
    const auto known = store_.cursors();
    require(std::binary_search(known.begin(), known.end(), at), "what is pushed is durable");
    found->heard.push_back(at);
    last_seen_ = std::max(last_seen_, at);
    if (one.ask_more)
      system_->resume(one.to);
  }
}

void world::hand_out() {
  for (auto& one : std::exchange(to_hand_out_, {}))
    one->answered();
}

void world::note_answer(asked& one) {
  require(++one.answers == 1, "every op is answered exactly once");
  one.answered_at = steps_;
  if (one.stored) {
    last_seen_ = std::max(last_seen_, one.stored->at);
    const auto all = store_.messages();
    const auto found = std::find_if(all.begin(), all.end(), [&](const memory_message& each) {
      return each.at == one.stored->at;
    });
    require(found != all.end() && found->message->id == one.stored->message_id,
            "an acknowledged message is durable, under the cursor that was told");
    for (const auto& wanted : one.sent.recipients)
      require(std::any_of(found->entries.begin(), found->entries.end(),
                          [&](const memory_entry& each) { return each.agent == wanted.agent; }),
              "an acknowledged message reached all of its recipients");
    acked_sends_.push_back(one.number);
  }
  if (one.kind == op_kind::read_inbox && !one.failure)
    check_page(one);
  check_reservation_answer(one);
  if (one.kind == op_kind::subscribe && !one.failure)
    for (auto& each : listeners_)
      each.subscribed |= each.id == one.number + 1;
}

void world::check_page(const asked& one) const {
  const auto known = store_.cursors();
  domain::cursor before = one.since;
  for (const auto& entry : one.page) {
    require(entry.at > before, "a page is in cursor order");
    require(std::binary_search(known.begin(), known.end(), entry.at), "what is read is durable");
    before = entry.at;
  }
  for (const auto number : one.acked_before) {
    const auto& earlier = *asked_[number];
    const bool mine = (one.spanning || earlier.project == one.project)
                      && earlier.stored->at > one.since
                      && std::any_of(earlier.sent.recipients.begin(), earlier.sent.recipients.end(),
                                     [&](const auto& each) { return each.agent == one.agent; });
    if (!mine || earlier.stored->replayed)
      continue;
    require(std::any_of(one.page.begin(), one.page.end(),
                        [&](const auto& entry) { return entry.at == earlier.stored->at; }),
            "what was acknowledged before is read after: " + earlier.stored->message_id + " at "
              + std::to_string(earlier.stored->at) + " for " + one.agent + " in " + one.project
              + (one.spanning ? " (all projects)" : "") + ", page of "
              + std::to_string(one.page.size()) + " from " + std::to_string(one.since));
  }
}

void world::settle() {
  for (int i = 0; i < 20'000; ++i) {
    bool busy = executor_.step();
    busy |= system_->writer().step() > 0;
    busy |= system_->readers().step();
    busy |= system_->workers().step();
    busy |= !to_hand_out_.empty();
    hand_out();
    if (!busy && i > 2'000)
      executor_.advance(std::chrono::milliseconds{20});
    else if (!busy)
      executor_.advance(std::chrono::milliseconds{100}); // Past every pause and open time.
  }
}

void world::check_inboxes() {
  auto reader = store_.open_reader();
  require(static_cast<bool>(reader), "the store can be read at the end");
  std::map<std::size_t, domain::inbox_counts> expected;
  for (const auto& project : {std::string{"p"}, std::string{"q"}, std::string{}})
    for (const auto& agent : agents) {
      const auto loaded = (*reader)->load_inbox(project, agent, 10'000);
      require(static_cast<bool>(loaded), "an inbox can be loaded at the end");
      expected[ask(actors::count_inbox{project, agent}).number] = loaded->counts;
    }
  settle();
  for (const auto& [number, counts] : expected) {
    const auto& got = asked_[number]->counts;
    const auto& why = asked_[number]->failure;
    require(got.has_value(),
            "an inbox can be counted at the end: "
              + (why ? std::string{to_string(why->code)} + " " + why->detail
                     : "no answer; reads " + std::to_string(system_->readers().backlog())
                         + ", changes " + std::to_string(system_->writer().backlog()) + ", store "
                         + system_->degraded()));
    require(got->total == counts.total && got->unread == counts.unread,
            "memory counts what the store holds");
  }
}

void world::check_end() const {
  for (const auto& one : asked_)
    require(one->answers <= 1, "no op is answered twice");
  const auto cursors = store_.cursors();
  for (std::size_t i = 1; i < cursors.size(); ++i)
    require(cursors[i - 1] < cursors[i], "cursors strictly grow in commit order");
  for (const auto& row : config::mailbox_classes)
    require(system_->mailboxes().of(row.id).depth == 0,
            "every place is given back: " + std::string{row.name});
  check_sends();
  check_sessions();
  check_listeners();
  check_reservations();
  check_reservation_events();
  check_patches();
  check_repeats();
}

void world::check_sends() const {
  std::set<std::pair<std::string, std::string>> may_be_there;
  for (const auto& one : asked_)
    if (one->kind == op_kind::send_message
        && (!one->failure || !is_definite(one->failure->code) || one->answers == 0))
      may_be_there.emplace(one->project, one->sent.id);
  for (const auto& stored : store_.messages()) {
    const bool named = stored.message->id.starts_with('m');
    require(!named || may_be_there.contains({stored.message->project, stored.message->id}),
            "what was refused is not stored");
    require(stored.entries.size() == stored.message->recipients.size(),
            "a stored message is in every recipient's inbox");
  }
}

void world::check_sessions() const {
  std::map<std::string, int> holders;
  std::map<std::string, domain::agent> stored;
  for (const auto& one : store_.agents()) {
    require(++holders[one.session_id] == 1, "a session has one agent");
    stored[one.id] = one;
  }
  std::map<std::string, int> winners;
  for (const auto& one : asked_) {
    if (!one->registered)
      continue;
    const auto found = stored.find(one->registered->agent_id);
    require(found != stored.end(), "an acknowledged registration is durable");
    if (one->session.empty())
      continue;
    require(++winners[one->session] == 1
              || clock_.wall() - found->second.created_at >= domain::session_silence_min,
            "a live session is not taken over");
  }
}

void world::check_listeners() const {
  auto reader = const_cast<memory_store&>(store_).open_reader();
  for (const auto& one : listeners_) {
    if (!one.subscribed)
      continue;
    const auto page = (*reader)->events({one.project, one.agent, one.since, 1'000'000});
    require(static_cast<bool>(page), "the log can be read at the end");
    std::vector<domain::cursor> wanted;
    for (const auto& what : page->events)
      wanted.push_back(what.at);
    require(wanted == one.heard, "a socket hears all it may see, without a gap");
  }
}

} // namespace intermute::test
