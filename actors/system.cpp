#include "actors/system.hpp"

#include "actors/directory.hpp"
#include "actors/inbox.hpp"
#include "actors/project.hpp"
#include "actors/push.hpp"
#include "actors/reservations.hpp"
#include "actors/store_supervisor.hpp"
#include "actors/sweeper.hpp"
#include "base/seal.hpp"

#include <caf/actor_registry.hpp>
#include <caf/exit_reason.hpp>
#include <caf/logger.hpp>
#include <caf/send.hpp>

#include <algorithm>

namespace intermute::actors {

using base::errc;

namespace {

/// Long jobs that may wait for a worker.
constexpr std::size_t work_max = 1'024;
constexpr std::size_t worker_threads = 1;

/// Hands an actor over to its cell. CAF leaves a reference to its logger in the thread that
/// spawned, and waits for it at the end: it is let go of here.
template <class Born>
caf::strong_actor_ptr handed_over(const Born& born) {
  caf::logger::set_current_actor_system(nullptr);
  return caf::actor_cast<caf::strong_actor_ptr>(born);
}

/// Half of what a socket may hold back, so that a replay alone never makes it too slow; an event
/// is taken as half a kilobyte.
std::uint32_t replay_page(const config::websocket_config& limits) {
  constexpr std::uint64_t page_max = 256;
  constexpr std::uint64_t event_bytes = 512;
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
    std::min<std::uint64_t>(limits.outbox_events_max, limits.outbox_bytes_max / event_bytes) / 2, 1,
    page_max));
}

} // namespace

template <class Actor, class... Args>
cell::factory system::spawner(Args&&... args) {
  return [this, ... args = std::forward<Args>(args)](const cell_ptr& of) {
    return handed_over(caf_->spawn<Actor>(of, args...));
  };
}

system::system(system_parts parts)
  : settings_(parts.settings), clock_(parts.clock), runs_(parts.runs), say_(parts.say),
    classes_(parts.settings.mailboxes), keeping_{parts.clock, parts.random},
    book_([this](resident what, const std::string& project,
                 const std::string& agent) { return make_cell(what, project, agent); },
          parts.settings.actors.inbox_resident_max),
    readers_(std::move(parts.readers), parts.settings.storage.reader_queue), work_(work_max),
    cold_(readers_, clock_),
    feed_(parts.settings.mailboxes.capacity(mailbox_class::push), parts.engine->state().high_water),
    publisher_(book_, feed_, readers_, parts.metrics), probe_(parts.metrics),
    breaker_state_(
      parts.metrics.add_gauge("intermute_store_breaker_state", "0 closed, 1 half open, 2 open.")),
    caf_config_(parts.runs, parts.settings.actors.max_throughput) {
  // Barriers, probes and heartbeats go without a place: room for one of each of many owners.
  constexpr std::size_t unplaced = 1'024;
  const auto ring = parts.settings.mailboxes.capacity(mailbox_class::writer) + unplaced;
  writer_.emplace(std::move(parts.engine),
                  storage::writer_options{parts.settings.writer.batch_max, ring, 3}, publisher_,
                  clock_);
  log_.emplace(gate_, classes_.of(mailbox_class::writer), *writer_, keeping_);
  tails_.limit = static_cast<std::int64_t>(parts.settings.actors.tail_bytes_budget);
  services_.emplace(services{
    clock_, parts.random, settings_.actors, *log_, readers_, work_, agents_, feed_, tails_, tuned_,
    parts.render, settings_.websocket.subscriptions_max, replay_page(settings_.websocket), say_});
  tune(settings_);
  caf_.emplace(caf_config_);
  root_ = caf_->spawn<supervisor>(supervisor_deps{settings_.actors, clock_, nullptr, probe_, say_});
  roots_watch_.connect(root_);
  residents_ = std::make_shared<cell>(
    "residents", classes_.of(mailbox_class::directory),
    [this](const cell_ptr&) { return make_residents_supervisor(); }, roots_watch_, clock_);
  directory_
    = std::make_shared<cell>("directory", classes_.of(mailbox_class::directory),
                             spawner<directory>(std::cref(*services_)), roots_watch_, clock_);
  push_ = std::make_shared<cell>("push", classes_.of(mailbox_class::push),
                                 spawner<push>(std::cref(*services_), std::ref(subscriptions_)),
                                 roots_watch_, clock_);
  store_supervisor_
    = std::make_shared<cell>("store_supervisor", classes_.of(mailbox_class::directory),
                             spawner<store_supervisor>(store_supervisor_deps{
                               settings_.breaker, clock_, gate_, *log_, breaker_state_, say_}),
                             roots_watch_, clock_);
  feed_.connect(push_);
  publisher_.connect(store_supervisor_);
  sweeper_ = std::make_shared<cell>("sweeper", classes_.of(mailbox_class::directory),
                                    spawner<sweeper>(std::cref(*services_), std::ref(book_)),
                                    roots_watch_, clock_);
  for (const auto& one : {residents_, store_supervisor_, directory_, push_, sweeper_})
    one->ensure_started();
  add_metrics(parts.metrics);
}

system::~system() { stop(); }

caf::strong_actor_ptr system::make_residents_supervisor() {
  const auto made
    = caf_->spawn<supervisor>(supervisor_deps{settings_.actors, clock_, &book_, probe_, say_});
  residents_watch_.connect(made);
  // A former life may have left children behind, and restarts that it still owed.
  book_.for_each([this](const cell_ptr& one) {
    one->restart();
    if (const auto actor = one->actor(); actor != nullptr)
      residents_watch_.watch(one, actor);
  });
  return handed_over(made);
}

cell_ptr system::make_cell(resident what, const std::string& project_name,
                           const std::string& agent) {
  const auto& deps = std::cref(*services_);
  switch (what) {
  case resident::project:
    return std::make_shared<cell>("project " + project_name, classes_.of(mailbox_class::project),
                                  spawner<project>(deps), residents_watch_, clock_);
  case resident::reservations:
    return std::make_shared<cell>(
      "reservations of " + project_name, classes_.of(mailbox_class::reservations),
      spawner<reservations>(deps, project_name), residents_watch_, clock_);
  case resident::inbox: break;
  }
  return std::make_shared<cell>(
    "inbox " + agent + " in " + project_name, classes_.of(mailbox_class::inbox),
    spawner<inbox>(deps, project_name, agent), residents_watch_, clock_);
}

void system::adopt(std::string name, std::function<caf::actor(caf::actor_system&)> spawn) {
  auto factory
    = [this, spawn = std::move(spawn)](const cell_ptr&) { return handed_over(spawn(*caf_)); };
  adopted_.push_back(std::make_shared<cell>(std::move(name), classes_.of(mailbox_class::directory),
                                            std::move(factory), roots_watch_, clock_));
  adopted_.back()->ensure_started();
}

void system::tune(const config::settings& to) {
  tuned_.broadcasts_per_minute = to.limits.broadcasts_per_minute;
  tuned_.reservations_per_agent = to.limits.reservations_per_agent;
  tuned_.rate_keys_max = to.limits.rate_keys_max;
  tuned_.contacts_max = to.limits.contacts_max;
  tuned_.metadata_bytes_max = to.limits.metadata_bytes_max;
  keeping_.keep = to.limits.idempotency_keep;
  for (const auto& row : config::mailbox_classes)
    classes_.of(row.id).capacity = to.mailboxes.capacity(row.id);
}

void system::start_threads() {
  writer_thread_ = std::thread([this] { writer_->run(); });
  readers_.start();
  work_.start(worker_threads);
}

void system::stop() {
  if (std::exchange(stopped_, true))
    return;
  // New ops are refused; what is in mailboxes answers itself as the actors end.
  std::vector<caf::strong_actor_ptr> ending;
  const auto close = [&](const cell_ptr& one) {
    if (auto actor = one->close(); actor != nullptr)
      ending.push_back(std::move(actor));
  };
  book_.for_each(close);
  for (const auto& one : singletons())
    close(one);
  roots_watch_.connect({});
  residents_watch_.connect({});
  ending.push_back(caf::actor_cast<caf::strong_actor_ptr>(std::exchange(root_, {})));
  for (auto& one : ending)
    caf::anon_send_exit(caf::actor_cast<caf::actor>(one), caf::exit_reason::user_shutdown);
  ending.clear();
  writer_->close();
  if (writer_thread_.joinable())
    writer_thread_.join();
  while (writer_->step() > 0) {
  } // Ends: the ring is closed. Without a thread this is what decides the rest.
  while (readers_.step()) {} // Ends: one off the queue per round; threads take their part.
  readers_.stop();
  while (work_.step()) {} // Ends: as above.
  work_.stop();
  if (runs_ == nullptr)
    caf_->await_all_actors_done();
  else if (!runs_->run_until([this] { return caf_->registry().running() == 0; }))
    say_->error("actors_still_running count={}", caf_->registry().running());
}

template <class Find>
void system::submit_to(op_ptr what, Find find) {
  for (;;) { // Ends: a cell that was evicted is no longer in the book.
    const cell_ptr to = find();
    if (to == nullptr)
      return what->fail({errc::mailbox_full,
                         "The server serves as many projects and inboxes as it may keep in "
                         "memory. Repeat the request after Retry-After.",
                         "directory"});
    if (to->submit(what) == delivery::taken)
      return;
  }
}

void system::submit(op_ptr what) {
  if (what->claimed() != nullptr)
    route_claimed(std::move(what));
  else
    route(std::move(what));
}

void system::route_claimed(op_ptr what) {
  auto ticket = in_flight_.begin(*what->claimed());
  if (!ticket)
    return what->fail(ticket.why());
  what->hold(std::move(*ticket));
  cold_.run(what, [this, what](storage::reader& from) {
    const auto& claim = *what->claimed();
    const auto kept = from.find_replay(claim.scope, clock_.wall());
    if (!kept)
      return what->fail(kept.why());
    if (!*kept)
      return route(what);
    if ((*kept)->body != claim.body)
      return what->fail({errc::idempotency_key_reused, {}, {}});
    auto reply = base::unseal((*kept)->reply, claim.secret);
    if (reply)
      what->replay(std::move(*reply));
    else
      what->fail({errc::storage_corrupt, "The reply kept for this Idempotency-Key is damaged.",
                  "idempotency_key"});
  });
}

void system::route_release(op_of<release_reservation>& what) {
  cold_.run(op_ptr{&what}, [this, asked = caf::intrusive_ptr<op_of<release_reservation>>{&what}](
                             storage::reader& from) {
    auto& request = asked->request;
    auto found = from.find_reservation(request.id);
    if (!found)
      return asked->fail(found.why());
    const bool known = *found && (!request.within || (*found)->project == *request.within);
    if (!known || (*found)->released_at)
      return asked->fail({errc::reservation_not_found, {}, "id"});
    request.project = std::move((*found)->project);
    submit_to(asked, [&] { return book_.reservations(request.project); });
  });
}

void system::route(op_ptr what) {
  const auto to_directory = [&](auto&) { (void)directory_->submit(what); };
  const auto to_project
    = [&](auto& one) { submit_to(what, [&] { return book_.project(one.request.project); }); };
  const auto to_table
    = [&](auto& one) { submit_to(what, [&] { return book_.reservations(one.request.project); }); };
  const auto to_reader = [&](auto& one) { cold_.answer(one); };
  match(
    *what, [&](op_of<register_agent>& one) { to_directory(one); },
    [&](op_of<list_agents>& one) { to_directory(one); },
    [&](op_of<get_agent>& one) { to_directory(one); },
    [&](op_of<heartbeat>& one) { to_directory(one); },
    [&](op_of<patch_metadata>& one) { to_directory(one); },
    [&](op_of<get_policy>& one) { to_directory(one); },
    [&](op_of<set_policy>& one) { to_directory(one); },
    [&](op_of<list_contacts>& one) { to_directory(one); },
    [&](op_of<actors::set_contact>& one) { to_directory(one); },
    [&](op_of<retire_agent>& one) { to_directory(one); },
    [&](op_of<subscribe>&) { (void)push_->submit(what); },
    [&](op_of<send_message>& one) { to_project(one); },
    [&](op_of<broadcast>& one) { to_project(one); },
    [&](op_of<mark_message>& one) { to_project(one); },
    [&](op_of<count_inbox>& one) {
      submit_to(what, [&] { return book_.inbox(one.request.project, one.request.agent); });
    },
    [&](op_of<read_inbox>& one) {
      const auto& query = one.request.query;
      if (!query.project)
        to_reader(one); // It spans projects: one snapshot of the store.
      else
        submit_to(what, [&] { return book_.inbox(*query.project, query.agent); });
    },
    [&](op_of<list_stale_acks>& one) { to_reader(one); },
    [&](op_of<list_threads>& one) { to_reader(one); },
    [&](op_of<read_thread>& one) { to_reader(one); },
    [&](op_of<read_topic>& one) { to_reader(one); },
    [&](op_of<get_message>& one) { to_reader(one); },
    [&](op_of<list_projects>& one) { to_reader(one); }, [&](op_of<reserve>& one) { to_table(one); },
    [&](op_of<check_reservation>& one) { to_table(one); },
    [&](op_of<list_reservations>& one) {
      if (one.request.agent_id)
        to_reader(one);
      else
        to_table(one);
    },
    [&](op_of<release_reservation>& one) { route_release(one); });
}

void system::resume(socket_id socket) { push_->notify(caf::make_message(socket_ready{socket})); }

void system::unsubscribe(socket_id socket) {
  push_->notify(caf::make_message(socket_gone{socket}));
}

std::string system::degraded() const { return gate_.degraded(); }

void system::add_metrics(observe::registry& to) {
  const auto per_class = [this](auto value) {
    return [this, value] {
      std::vector<observe::sample> samples;
      for (const auto& row : config::mailbox_classes)
        samples.push_back(
          {{{"class", std::string{row.name}}}, static_cast<double>(value(classes_.of(row.id)))});
      return samples;
    };
  };
  using state = const mailbox_class_state&;
  to.add_reader("intermute_mailbox_depth", "Places taken: waiting and not yet committed.",
                observe::sample_kind::level, per_class([](state x) { return x.depth.load(); }));
  to.add_reader("intermute_mailbox_capacity", "Places of one mailbox of the class.",
                observe::sample_kind::level, per_class([](state x) { return x.capacity.load(); }));
  to.add_reader("intermute_mailbox_high_water", "The deepest that one mailbox has been.",
                observe::sample_kind::level,
                per_class([](state x) { return x.high_water.load(); }));
  to.add_reader("intermute_mailbox_accepted_total", "Messages that got a place.",
                observe::sample_kind::total, per_class([](state x) { return x.accepted.load(); }));
  to.add_reader("intermute_mailbox_refused_total", "Messages that found the mailbox full.",
                observe::sample_kind::total, per_class([](state x) { return x.refused.load(); }));
  to.add_reader("intermute_resident_actors", "Projects and inboxes in memory.",
                observe::sample_kind::level, [this] {
                  return std::vector<observe::sample>{{{}, static_cast<double>(book_.size())}};
                });
  to.add_reader(
    "intermute_reader_queue_depth", "Reads of the store that wait.", observe::sample_kind::level,
    [this] {
      return std::vector<observe::sample>{{{}, static_cast<double>(readers_.backlog())}};
    });
}

} // namespace intermute::actors
