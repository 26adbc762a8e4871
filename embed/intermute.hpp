#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

// A host that hands in neither needs neither library's headers.
namespace spdlog {
class logger;
}
namespace prometheus {
class Collectable;
class Registry;
} // namespace prometheus

/// An intermute server inside another program. This header is all that a host includes; it needs
/// the standard library alone. `docs/embedding.md` has the whole story.
namespace intermute {

/// A position in the log of one server: strictly growing, never reused. 0 is before all.
using cursor = std::uint64_t;

/// UTC.
using time_point = std::chrono::sys_time<std::chrono::nanoseconds>;

/// Why something was not done.
struct failure {
  std::string code;   ///< Stable and snake_case, as `code` of `api/openapi.yaml`. Decide by it.
  std::string detail; ///< What to do about it, for a human; never to be parsed.
};

/// A value, or the failure that took its place. Check it before use: `if (!x) use(x.why());`.
template <class T>
class [[nodiscard]] outcome {
public:
  outcome(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  outcome(failure why) : held_(std::in_place_index<1>, std::move(why)) {}

  [[nodiscard]] explicit operator bool() const noexcept { return held_.index() == 0; }
  [[nodiscard]] T& operator*() noexcept { return *std::get_if<0>(&held_); }
  [[nodiscard]] const T& operator*() const noexcept { return *std::get_if<0>(&held_); }
  [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&held_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&held_); }

  /// The failure; only to be asked when the outcome is false.
  [[nodiscard]] const failure& why() const noexcept { return *std::get_if<1>(&held_); }

private:
  std::variant<T, failure> held_;
};

/// What stands for the answer of a request that has nothing to tell.
struct done {};

/// What a server is made from.
struct options {
  std::string database; ///< The file; made when it is not there. Required, one server per file.

  std::optional<std::uint16_t> port; ///< Nothing: no listener at all. 0: a free one.
  std::string host;                  ///< Empty: 127.0.0.1.
  std::string unix_socket;           ///< Also listens on this path; needs `port`.

  /// Who is let in over the network. Empty: open mode, everybody who can connect, hence loopback
  /// only. The file has to be there. Calls in this process need no key.
  std::string keys_file;

  /// Any key of `docs/config.md` by its path, as text: {"storage.readers", "2"}. The members
  /// above win. No configuration file and no environment variable is read.
  std::map<std::string, std::string> settings;

  std::shared_ptr<spdlog::logger> logger; ///< Null: it says nothing.

  /// Where its metrics are kept; null: in a registry of its own. See `server::readings()`.
  std::shared_ptr<prometheus::Registry> metrics;
  /// Labels of every metric, so that several servers may share a registry.
  std::map<std::string, std::string> metric_labels;
};

/// Registers an agent, or takes over the session of one that was silent for five minutes.
struct registration {
  std::string project;
  std::string name;       ///< Blank: a generated one.
  std::string session_id; ///< A UUID; empty: a new session.
  std::optional<std::vector<std::string>> capabilities;
  std::optional<std::map<std::string, std::string>> metadata;
  std::string status;
};
struct registered {
  std::string agent_id; ///< What others write to.
  std::string session_id;
  std::string name;
  std::string token; ///< Proves the agent over HTTP; told this once.
};

/// A message to send.
struct message {
  std::string project;
  std::string id; ///< Empty: the server names it. With an id a send may be repeated.
  std::string thread_id;
  std::string from;
  std::vector<std::string> to; ///< At least one agent id; need not be registered.
  std::vector<std::string> cc;
  std::vector<std::string> bcc;
  std::string subject;
  std::string topic;
  std::string body;
  std::string importance;
  bool ack_required = false;
};
struct sent {
  std::string message_id;
  cursor at = 0;
  std::vector<std::string> denied;             ///< Whose contact policy keeps the sender out.
  std::vector<std::string> unknown_recipients; ///< Of `to`, those that nobody registered as.
  bool replayed = false;                       ///< The id was stored before.
};

/// Which part of an inbox is wanted.
struct inbox_query {
  std::optional<std::string> project; ///< Nothing means all projects.
  std::string agent;
  cursor since = 0;          ///< Exclusive.
  bool newest_first = false; ///< Then `since` is what entries are below; 0: from the newest.
  bool unread_only = false;
  std::uint32_t limit = 100; ///< 1 to 1000; what is outside is taken for the nearest.
};
/// A message as one recipient holds it.
struct inbox_entry {
  cursor at = 0;
  /// As it was sent; `to` and `cc` without repeats, `bcc` with nobody but the reader.
  intermute::message message;
  time_point created_at{};
  std::optional<time_point> read_at;
  std::optional<time_point> ack_at;
};
struct inbox_page {
  std::vector<inbox_entry> entries;
  cursor next = 0; ///< `since` of the next page.
};

/// What a recipient says of a message. Marking what is not there succeeds.
enum class mark_kind : std::uint8_t { read, ack };
struct mark_request {
  std::string project;
  std::string message_id;
  std::string agent;
  mark_kind kind = mark_kind::read;
};

/// Reserves the paths that a pattern matches, all or nothing.
struct reservation_request {
  std::string project;
  std::string agent_id;
  std::string path_pattern; ///< `docs/reservations.md` says what it may hold.
  bool exclusive = false;
  std::string reason;
  std::chrono::minutes ttl{0}; ///< 0 or less: 30 minutes. More than 24 hours is capped.
};
struct reservation {
  std::string id;
  std::string agent_id;
  std::string project;
  std::string path_pattern;
  bool exclusive = false;
  std::string reason;
  time_point created_at{};
  time_point expires_at{};
};
/// A reservation of somebody else that stands in the way.
struct conflict {
  std::string reservation_id;
  std::string agent_id;
  std::string path_pattern;
  std::string reason;
  time_point expires_at{};
};
/// Losing to another agent is an answer, not a failure.
struct reserved {
  std::optional<intermute::reservation> reservation; ///< Nothing when `conflicts` is not empty.
  std::vector<conflict> conflicts;
  bool ttl_capped = false;
};

/// A change that an agent may see.
struct event {
  cursor at = 0;
  std::string type; ///< `message.created`, `reservation.expired`, ...; new ones may come.
  std::string project;
  time_point created_at{};
  std::string message_id;     ///< Of a message's event.
  std::string reservation_id; ///< Of a reservation's event, as the two below.
  std::string agent_id;       ///< The holder; of `message.created` the recipient.
  std::string path_pattern;
};

/// Why a subscription ended although its handle is there still.
enum class end_reason : std::uint8_t {
  too_slow, ///< Its handler was so slow that its queue ran full. Resume.
  stopped,  ///< The server stops.
};

/// Asks for the events that an agent may see.
///
/// The handlers are called on a thread of the server, one at a time for all its subscriptions, in
/// cursor order: a slow one holds up other handlers of this server, never its actors or sockets.
/// They may call everything but `server::stop()`, and must not throw.
struct subscription_request {
  std::string project;
  std::string agent;
  std::optional<cursor> since; ///< First what came after it, then live. Nothing: live only.
  std::function<void(const event&)> on_event;
  /// The last call, unless the handle went first. Every event up to the cursor was handed out, so
  /// a new subscription with it as `since` goes on without a gap. Nothing: there was no event.
  /// May be empty.
  std::function<void(end_reason, std::optional<cursor>)> on_end;
};

/// A subscription; it ends with this handle. Once that is gone no handler runs any more, except
/// when it goes inside of one.
class [[nodiscard]] subscription {
public:
  subscription() = default;
  explicit subscription(std::shared_ptr<const void> held) noexcept : held_(std::move(held)) {}

  subscription(subscription&&) noexcept = default;
  subscription& operator=(subscription&&) noexcept = default;

  /// Ends it now. Waits while its handler runs on another thread.
  void end() noexcept { held_.reset(); }

private:
  std::shared_ptr<const void> held_;
};

/// A server in this process. Several may run side by side, each on a file of its own.
///
/// It sets no signal handler, no resource limit and no global option of a library, and its threads
/// take none of the host's signals. All members but `stop()` and the destructor never wait, unless
/// they say so, and are safe from any thread.
///
/// A future is ready once the answer is certain: for a write, once it is on the disk. A call that
/// was not begun after `server.request_timeout` fails with `deadline_exceeded`.
///
/// Texts are UTF-8, else `invalid_utf8`; those of one call have at most `server.body_bytes_max`
/// bytes, else `body_too_large`.
class server {
public:
  /// Opens the file, starts the threads and listens. Takes at most some seconds.
  /// @returns The running server; or `storage_busy` when another server has the file,
  ///          `storage_corrupt`, `storage_failed`, or `invalid_request` with all that is wrong with
  ///          the options, the keys file, or a port that is taken.
  [[nodiscard]] static outcome<std::unique_ptr<server>> start(options from);

  /// Stops with a patience of a second.
  ~server();

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// True from `start()` until `stop()` begins.
  [[nodiscard]] bool ready() const;

  /// Empty when all is well, else why it is degraded, as `/health` tells.
  [[nodiscard]] std::string degraded() const;

  /// 0 without a listener.
  [[nodiscard]] std::uint16_t port() const noexcept;

  /// `http://127.0.0.1:7338`; empty without a listener.
  [[nodiscard]] std::string url() const;

  /// The metrics that are read from the server when somebody looks, like the depth of its queues,
  /// for an exposer that serves `options::metrics` too: those are counted as it goes, these cannot
  /// be. Has nothing to tell after `stop()`.
  [[nodiscard]] std::shared_ptr<prometheus::Collectable> readings() const;

  /// All its metrics in Prometheus' text form; of a shared registry everything.
  [[nodiscard]] std::string metrics_text() const;

  /// Takes no new call, answers those under way, says goodbye to sockets and subscriptions, closes
  /// the file. What takes longer than `patience` is cut off; a handler that runs is waited for.
  /// Idempotent. Every call afterwards fails with `shutting_down`. Not from a handler.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds{5});

  /// Fails with `invalid_session_id`, `active_session_conflict`.
  [[nodiscard]] std::future<outcome<registered>> register_agent(registration what);

  /// Fails with `missing_field`, `message_id_taken`, `policy_denied` when no recipient takes it.
  [[nodiscard]] std::future<outcome<sent>> send(message what);

  /// Fails with `missing_field`.
  [[nodiscard]] std::future<outcome<inbox_page>> inbox(inbox_query what);

  [[nodiscard]] std::future<outcome<done>> mark(mark_request what);

  /// Fails with `missing_field`, `invalid_pattern`, `pattern_too_complex`, `reservation_limit`.
  [[nodiscard]] std::future<outcome<reserved>> reserve(reservation_request what);

  /// Ends a reservation of `agent_id` before its time.
  /// Fails with `reservation_not_found`, `not_reservation_owner`.
  [[nodiscard]] std::future<outcome<done>> release(std::string reservation_id,
                                                   std::string agent_id);

  /// The active reservations of a project, newest first. Fails with `project_required`.
  [[nodiscard]] std::future<outcome<std::vector<reservation>>> reservations(std::string project);

  /// Every change committed after it returns is handed out. Waits for the actors, at most about
  /// `server.request_timeout`. Fails with `missing_field`, `mailbox_full` when there are too many.
  [[nodiscard]] outcome<subscription> subscribe(subscription_request what);

private:
  struct parts;
  explicit server(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

} // namespace intermute
