#include "embed/intermute.hpp"

#include "actors/requests.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "config/command_line.hpp"
#include "config/keys_file.hpp"
#include "config/load.hpp"
#include "embed/event_delivery.hpp"
#include "embed/in_process.hpp"
#include "embed/server.hpp"
#include "embed/text_check.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <limits>
#include <mutex>

namespace intermute {
namespace {

using base::errc;
using base::result;
using embed::asker;

/// While it lives, threads that are made inherit a mask that keeps the host's signals off them:
/// its handlers run on its own threads, and a peer or a disk quota that is gone shows as an error.
class quiet_threads {
public:
  quiet_threads() {
    sigset_t none_of_ours;
    sigfillset(&none_of_ours);
    // What tells of a defect stays where it happened; profilers count every thread.
    for (const int one : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGPROF})
      sigdelset(&none_of_ours, one);
    pthread_sigmask(SIG_SETMASK, &none_of_ours, &before_);
  }
  ~quiet_threads() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  quiet_threads(const quiet_threads&) = delete;
  quiet_threads& operator=(const quiet_threads&) = delete;

private:
  sigset_t before_{};
};

/// The families that are computed at each look; cut off before what they look at is gone.
class readings_of_server final : public prometheus::Collectable {
public:
  explicit readings_of_server(std::shared_ptr<observe::registry> from) : from_(std::move(from)) {}

  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    const std::lock_guard guard{mutex_};
    return from_ ? from_->readings() : std::vector<prometheus::MetricFamily>{};
  }
  [[nodiscard]] std::string text() const {
    const std::lock_guard guard{mutex_};
    return from_ ? from_->text() : std::string{};
  }
  void cut() {
    const std::lock_guard guard{mutex_};
    from_ = nullptr;
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<observe::registry> from_;
};

result<config::settings> settings_of(const options& from) {
  const auto invalid = [](std::string detail) {
    return base::error{errc::invalid_request, std::move(detail), {}};
  };
  if (from.database.empty())
    return invalid("Name the file of the database in options::database.");
  if (!from.unix_socket.empty() && !from.port)
    return invalid("options::unix_socket needs options::port; 0 picks a free one.");
  config::load_request wanted;
  for (const auto& [key, value] : from.settings)
    wanted.flags.push_back({key, value, "options::settings"});
  wanted.flags.push_back({"storage.path", from.database, "options::database"});
  if (from.port)
    wanted.flags.push_back({"server.port", std::to_string(*from.port), "options::port"});
  if (!from.host.empty())
    wanted.flags.push_back({"server.host", from.host, "options::host"});
  if (!from.unix_socket.empty())
    wanted.flags.push_back({"server.socket", from.unix_socket, "options::unix_socket"});
  if (!from.keys_file.empty())
    wanted.flags.push_back({"auth.keys_file", from.keys_file, "options::keys_file"});
  auto loaded = config::load(wanted);
  if (!loaded.problems.empty())
    return invalid(config::problems_text(loaded.problems));
  return std::move(loaded.values);
}

/// Who is let in; nothing in open mode. Refuses to be open to other machines.
result<std::optional<config::keyring>> keys_of(const config::settings& settings, bool listens) {
  std::optional<config::keyring> keys;
  if (!settings.auth.keys_file.empty()) {
    auto read = config::read_keys(settings.auth.keys_file);
    if (!read)
      return read.why();
    keys = std::move(*read);
  }
  if (!listens)
    return keys;
  if (auto safe = check_exposure(settings, keys.value_or(config::keyring{})); !safe)
    return safe.why();
  return keys;
}

std::string url_of(const std::string& host, std::uint16_t port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

bool is_blank(const std::string& text) { return base::trimmed(text).empty(); }

std::uint32_t page_limit(std::uint32_t asked) { return std::clamp(asked, 1U, 1'000U); }

message message_of(const domain::inbox_entry& entry, const std::string& reader) {
  const auto& from = *entry.message;
  message made;
  made.project = from.project;
  made.id = from.id;
  made.thread_id = from.thread_id;
  made.from = from.from;
  made.to = agents_of(from.recipients, domain::recipient_kind::to);
  made.cc = agents_of(from.recipients, domain::recipient_kind::cc);
  if (entry.kind == domain::recipient_kind::bcc)
    made.bcc = {reader};
  made.subject = from.subject;
  made.topic = from.topic;
  made.body = from.body;
  made.importance = from.importance;
  made.ack_required = from.ack_required;
  return made;
}

reservation reservation_of(domain::reservation& from) {
  return {std::move(from.id),      std::move(from.agent_id),
          std::move(from.project), std::move(from.path_pattern),
          from.exclusive,          std::move(from.reason),
          from.created_at,         from.expires_at};
}

outcome<sent> sent_of(actors::sent& got) {
  if (!got.message_id.empty())
    return sent{std::move(got.message_id), got.at, std::move(got.denied),
                std::move(got.unknown_recipients), got.replayed};
  return embed::failure_of({errc::policy_denied, {}, {}});
}

reserved reserved_of(actors::reserved& got) {
  reserved made;
  made.ttl_capped = got.ttl_capped;
  if (got.conflicts.empty())
    made.reservation = reservation_of(got.reservation);
  for (auto& one : got.conflicts)
    made.conflicts.push_back({std::move(one.reservation_id), std::move(one.agent_id),
                              std::move(one.pattern), std::move(one.reason), one.expires_at});
  return made;
}

} // namespace

/// In the order they are made. What the actors send to outlives them.
struct server::parts {
  explicit parts(std::shared_ptr<observe::registry> metrics)
    : readings(std::make_shared<readings_of_server>(std::move(metrics))) {}

  std::shared_ptr<readings_of_server> readings;
  std::shared_ptr<embed::door> door;
  std::optional<asker> calls;
  std::shared_ptr<embed::event_delivery> events;
  std::unique_ptr<embed::server> running;
  std::uint16_t port = 0;
  std::string url;
  std::uint64_t texts_bytes_max = 0; ///< Of one call.
  std::mutex stopping;

  [[nodiscard]] embed::text_check texts() const { return embed::text_check{texts_bytes_max}; }
};

server::server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

server::~server() { stop(std::chrono::seconds{1}); }

namespace {

/// Everything below the calls.
struct started {
  std::unique_ptr<embed::server> running;
  config::settings settings;
};

result<started> start_below(options from, std::shared_ptr<observe::registry> metrics) {
  auto settings = settings_of(from);
  if (!settings)
    return settings.why();
  auto keys = keys_of(*settings, from.port.has_value());
  if (!keys)
    return keys.why();
  auto say = from.logger ? std::move(from.logger) : observe::silent_logger();
  auto running = embed::server::start(
    {*settings, std::move(say), std::move(metrics), std::move(*keys), from.port.has_value()});
  if (!running)
    return running.why();
  return started{std::move(*running), std::move(*settings)};
}

} // namespace

outcome<std::unique_ptr<server>> server::start(options from) try {
  const quiet_threads quiet;
  auto metrics = std::make_shared<observe::registry>(from.metrics, from.metric_labels);
  const bool listens = from.port.has_value();
  auto made = start_below(std::move(from), metrics);
  if (!made)
    return embed::failure_of(made.why());
  auto all = std::make_unique<parts>(std::move(metrics));
  all->door = std::make_shared<embed::door>(made->running->front());
  all->calls.emplace(all->door, made->settings.server.request_timeout);
  const auto& outbox = made->settings.websocket;
  all->events = std::make_shared<embed::event_delivery>(
    all->door, embed::outbox_limits{outbox.outbox_events_max, outbox.outbox_bytes_max});
  all->running = std::move(made->running);
  all->texts_bytes_max = made->settings.server.body_bytes_max;
  all->port = all->running->port();
  if (listens)
    all->url = url_of(made->settings.server.host, all->port);
  return std::unique_ptr<server>{new server{std::move(all)}};
} catch (const std::exception& why) { // No thread or no memory; a metric's name is taken.
  return embed::failure_of({errc::internal, why.what(), {}});
}

bool server::ready() const { return parts_->door->is_open(); }

std::string server::degraded() const { return parts_->door->degraded(); }

std::uint16_t server::port() const noexcept { return parts_->port; }

std::string server::url() const { return parts_->url; }

std::shared_ptr<prometheus::Collectable> server::readings() const { return parts_->readings; }

std::string server::metrics_text() const { return parts_->readings->text(); }

void server::stop(std::chrono::milliseconds patience) {
  auto& all = *parts_;
  const std::lock_guard guard{all.stopping};
  if (all.running == nullptr)
    return;
  const auto until = base::system_clock().steady() + patience;
  all.door->close();
  all.calls->wait_for_none(until);
  all.readings->cut();
  all.running->stop(std::chrono::duration_cast<std::chrono::milliseconds>(
    std::max(until - base::system_clock().steady(), base::steady_time::duration::zero())));
  all.events->close();
  all.running = nullptr;
}

std::future<outcome<registered>> server::register_agent(registration what) {
  if (const auto fine = parts_->texts()
                          .add(what.project)
                          .add(what.name)
                          .add(what.status)
                          .add(what.capabilities)
                          .add(what.metadata)
                          .verdict();
      !fine)
    return asker::refuse<registered>(fine.why());
  actors::register_agent wanted;
  wanted.session_id = base::trimmed(what.session_id);
  if (!wanted.session_id.empty() && !base::is_uuid_text(wanted.session_id))
    return asker::refuse<registered>(errc::invalid_session_id, {});
  wanted.project = base::trimmed(what.project);
  wanted.name = std::move(what.name);
  wanted.capabilities = std::move(what.capabilities);
  wanted.metadata = std::move(what.metadata);
  wanted.status = std::move(what.status);
  return parts_->calls->ask<registered>(std::move(wanted), {}, [](actors::registered& got) {
    return registered{std::move(got.agent_id), std::move(got.session_id), std::move(got.name),
                      std::move(got.token)};
  });
}

std::future<outcome<sent>> server::send(message what) {
  if (is_blank(what.from))
    return asker::refuse<sent>(errc::missing_field, "Say who sends the message.");
  if (what.to.empty())
    return asker::refuse<sent>(errc::missing_field, "Name at least one recipient.");
  if (const auto fine = parts_->texts()
                          .add(what.project)
                          .add(what.id)
                          .add(what.thread_id)
                          .add(what.from)
                          .add(what.to)
                          .add(what.cc)
                          .add(what.bcc)
                          .add(what.subject)
                          .add(what.topic)
                          .add(what.body)
                          .add(what.importance)
                          .verdict();
      !fine)
    return asker::refuse<sent>(fine.why());
  const auto from = what.from;
  actors::send_message wanted;
  wanted.project = base::trimmed(what.project);
  wanted.id = std::move(what.id);
  wanted.thread_id = std::move(what.thread_id);
  wanted.from = std::move(what.from);
  wanted.to = std::move(what.to);
  wanted.cc = std::move(what.cc);
  wanted.bcc = std::move(what.bcc);
  wanted.subject = std::move(what.subject);
  wanted.topic = std::move(what.topic);
  wanted.body = std::move(what.body);
  wanted.importance = std::move(what.importance);
  wanted.ack_required = what.ack_required;
  return parts_->calls->ask<sent>(std::move(wanted), from, sent_of);
}

std::future<outcome<inbox_page>> server::inbox(inbox_query what) {
  if (what.agent.empty())
    return asker::refuse<inbox_page>(errc::missing_field, "Name the agent.");
  actors::read_inbox wanted;
  wanted.query = {what.project,      what.agent,       what.since,
                  what.newest_first, what.unread_only, page_limit(what.limit)};
  const auto convert = [reader = what.agent, since = what.since](actors::inbox_page& got) {
    inbox_page page;
    for (const auto& one : got.entries)
      page.entries.push_back(
        {one.at, message_of(one, reader), one.message->created_at, one.read_at, one.ack_at});
    page.next = page.entries.empty() ? since : page.entries.back().at;
    return page;
  };
  return parts_->calls->ask<inbox_page>(std::move(wanted), {}, convert);
}

std::future<outcome<done>> server::mark(mark_request what) {
  if (const auto fine
      = parts_->texts().add(what.project).add(what.message_id).add(what.agent).verdict();
      !fine)
    return asker::refuse<done>(fine.why());
  const auto agent = what.agent;
  const auto kind = what.kind == mark_kind::ack ? domain::mark_kind::ack : domain::mark_kind::read;
  actors::mark_message wanted{std::move(what.project), std::move(what.message_id),
                              std::move(what.agent), kind};
  return parts_->calls->ask<done>(std::move(wanted), agent, [](actors::marked&) { return done{}; });
}

std::future<outcome<reserved>> server::reserve(reservation_request what) {
  if (what.agent_id.empty())
    return asker::refuse<reserved>(errc::missing_field, "Say which agent reserves.");
  if (what.path_pattern.empty())
    return asker::refuse<reserved>(errc::missing_field, "Say which paths are reserved.");
  if (const auto fine = parts_->texts()
                          .add(what.project)
                          .add(what.agent_id)
                          .add(what.path_pattern)
                          .add(what.reason)
                          .verdict();
      !fine)
    return asker::refuse<reserved>(fine.why());
  const auto agent = what.agent_id;
  actors::reserve wanted;
  wanted.project = std::move(what.project);
  wanted.agent_id = std::move(what.agent_id);
  wanted.path_pattern = std::move(what.path_pattern);
  wanted.exclusive = what.exclusive;
  wanted.reason = std::move(what.reason);
  wanted.ttl_minutes = what.ttl.count();
  return parts_->calls->ask<reserved>(std::move(wanted), agent, reserved_of);
}

std::future<outcome<done>> server::release(std::string reservation_id, std::string agent_id) {
  const auto agent = agent_id;
  actors::release_reservation wanted;
  wanted.id = std::move(reservation_id);
  wanted.agent_id = std::move(agent_id);
  return parts_->calls->ask<done>(std::move(wanted), agent,
                                  [](actors::released&) { return done{}; });
}

std::future<outcome<std::vector<reservation>>> server::reservations(std::string project) {
  using list = std::vector<reservation>;
  if (project.empty())
    return asker::refuse<list>(errc::project_required, {});
  actors::list_reservations wanted;
  wanted.project = std::move(project);
  return parts_->calls->ask<list>(std::move(wanted), {}, [](actors::reservation_list& got) {
    list found;
    for (auto& one : got.reservations)
      found.push_back(reservation_of(one));
    return found;
  });
}

namespace {

/// What the handle of a subscription holds.
struct subscribed_here {
  subscribed_here(std::shared_ptr<embed::event_delivery> to, actors::socket_id which)
    : events(std::move(to)), socket(which) {}
  ~subscribed_here() { events->cancel(socket); }

  subscribed_here(const subscribed_here&) = delete;
  subscribed_here& operator=(const subscribed_here&) = delete;

  std::shared_ptr<embed::event_delivery> events;
  actors::socket_id socket;
};

// How much longer than its deadline an answer is waited for: the actors say that it passed.
constexpr std::chrono::milliseconds answer_grace{500};

} // namespace

outcome<subscription> server::subscribe(subscription_request what) {
  if (what.agent.empty() || !what.on_event)
    return embed::failure_of({errc::missing_field, "Name the agent and give on_event.", {}});
  actors::subscribe wanted;
  wanted.frames = parts_->events.get();
  wanted.project = what.project;
  wanted.agent = what.agent;
  // A cursor beyond every event: live only, and each event tells its cursor.
  wanted.since = what.since.value_or(std::numeric_limits<cursor>::max());
  const auto agent = what.agent;
  const auto socket = parts_->events->open(std::move(what));
  if (!socket)
    return embed::failure_of({errc::shutting_down, {}, {}});
  const auto held = std::make_shared<const subscribed_here>(parts_->events, *socket);
  wanted.socket = *socket;
  auto& calls = *parts_->calls;
  auto answer
    = calls.ask<done>(std::move(wanted), agent, [](actors::subscribed&) { return done{}; });
  if (answer.wait_for(calls.timeout() + answer_grace) != std::future_status::ready)
    return embed::failure_of({errc::deadline_exceeded, {}, {}});
  if (const auto fine = answer.get(); !fine)
    return fine.why();
  return subscription{held};
}

} // namespace intermute
