#pragma once

#include "base/result.hpp"
#include "domain/agent.hpp"
#include "domain/inbox.hpp"
#include "domain/message.hpp"
#include "domain/reservation.hpp"
#include "domain/thread.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

/// The seam between the coordination rules and the engine that keeps the data. Typed changes go
/// in, typed rows come out; there is no SQL above it.
namespace intermute::storage {

using domain::cursor;
using domain::event;
using domain::event_kind;
using domain::inbox_counts;
using domain::inbox_entry;
using domain::inbox_query;
using domain::mark_kind;
using domain::placed_message;
using domain::reservation;
using domain::thread_summary;

// ---- Row operations: what one change does -----------------------------------------------------

/// Inserts the agent, or replaces every column of the one with the same id. Contacts are stored
/// by `set_contact` alone.
struct put_agent {
  domain::agent agent;
};

/// Takes `contact` into the list of an agent, or out of it. Idempotent.
struct set_contact {
  std::string agent_id;
  std::string contact;
  bool present = true;
  base::wall_time at{};
};

/// Sets `last_seen` of each agent, never backwards. Unknown ids are passed over.
struct touch_agents {
  std::vector<std::pair<std::string, base::wall_time>> seen;
};

/// Stores a message with one inbox entry for every recipient.
struct put_message {
  domain::message_ptr message;
  /// True if a client named the id: then a stored message of the same project and id is looked
  /// for inside the transaction and `domain::judge_repost` decides. False asserts a new id.
  bool id_from_client = false;
};

/// Marks a message read or acknowledged by `agent`, the first time only, and appends the event
/// in any case, as the contract wants it.
struct mark_message {
  std::string project;
  std::string message_id; ///< May be unknown; then only the event is stored.
  std::string agent;      ///< May be empty or no recipient; then only the event is stored.
  mark_kind kind = mark_kind::read;
  base::wall_time at{};
};

/// Stores a new reservation and the event `reservation_created`.
struct put_reservation {
  domain::reservation reservation;
};

/// Ends those of the named reservations that have not ended, each with an event
/// (`reservation_expired`, for other reasons `reservation_released`).
struct end_reservations {
  std::vector<std::string> ids;
  domain::release_reason why = domain::release_reason::released;
  base::wall_time at{};
};

/// As `end_reservations`, for all that an agent holds in any project.
struct end_reservations_of {
  std::string agent_id;
  domain::release_reason why = domain::release_reason::retired;
  base::wall_time at{};
};

/// Keeps the reply to a request with an Idempotency-Key; replaces one of the same scope. Also
/// deletes a few that are past their time, so that they never pile up.
struct put_replay {
  std::string scope; ///< 32 bytes: names the request.
  std::string body;  ///< 32 bytes: SHA-256 of the request's body.
  std::string reply; ///< Opaque.
  base::wall_time at{};
  base::wall_time expires_at{};
};

using row_operation
  = std::variant<put_agent, touch_agents, put_message, mark_message, set_contact, put_reservation,
                 end_reservations, end_reservations_of, put_replay>;

// ---- Outcomes: what the store found when it applied one ---------------------------------------

/// What became of a `put_message`.
struct put_message_outcome {
  enum class kind : std::uint8_t {
    stored,    ///< New; every recipient has an entry at `at`.
    identical, ///< A repeat; nothing was changed.
    changed,   ///< A repeat by the same sender: content replaced, `added` got entries.
    taken,     ///< The id belongs to another sender; nothing was changed.
  };
  kind what = kind::stored;
  cursor at = 0;                        ///< Of the message's first storing.
  cursor added_at = 0;                  ///< Of the entries of `added`; 0 if there are none.
  std::vector<domain::recipient> added; ///< Who got an entry through a repeat.
  domain::message_ptr message;          ///< As it is stored now; null when `taken`.
};

/// What became of a `mark_message`.
struct mark_outcome {
  cursor event_at = 0;     ///< Of the event.
  cursor entry_at = 0;     ///< Of the recipient's inbox entry; 0 if the agent is no recipient.
  bool first_time = false; ///< True if the mark was not set before.
};

/// What became of a `put_reservation`.
struct put_reservation_outcome {
  cursor event_at = 0;
};

/// What became of `end_reservations` and `end_reservations_of`.
struct end_reservations_outcome {
  struct one {
    cursor event_at = 0;
    domain::reservation reservation; ///< As it is stored now.
  };
  std::vector<one> ended; ///< In the order of their events; those that had ended are left out.
};

using outcome = std::variant<std::monostate, put_message_outcome, mark_outcome,
                             put_reservation_outcome, end_reservations_outcome>;

// ---- The writing side -------------------------------------------------------------------------

/// What the file says of the last batch it holds.
struct batch_state {
  std::uint64_t batch = 0; ///< Number of the last committed batch.
  cursor high_water = 0;   ///< Highest cursor ever given out.
};

/// The one connection that writes. Used by one thread at a time; calls may block on the disk.
///
/// Every call that fails leaves the engine so that `rollback()` brings it back to no transaction;
/// a failed `commit()` must be followed by `reopen()`.
class engine {
public:
  virtual ~engine() = default;

  /// Begins the transaction of a batch.
  [[nodiscard]] virtual base::result<void> begin() = 0;

  /// Applies one operation inside the transaction.
  /// @param last  The highest cursor given out so far; raised by every cursor this one takes.
  [[nodiscard]] virtual base::result<outcome> apply(const row_operation& what, cursor& last) = 0;

  /// Stores `state` and commits. A failure may have committed: see `reopen`.
  [[nodiscard]] virtual base::result<void> commit(const batch_state& state) = 0;

  /// Ends the transaction without a trace, also when the engine has already rolled back itself.
  [[nodiscard]] virtual base::result<void> rollback() = 0;

  /// Nested transaction around one change, used only when a batch is replayed after a fault.
  [[nodiscard]] virtual base::result<void> savepoint() = 0;
  [[nodiscard]] virtual base::result<void> release_savepoint() = 0;
  [[nodiscard]] virtual base::result<void> rollback_to_savepoint() = 0;

  /// Closes and opens the file anew and reads what it holds.
  [[nodiscard]] virtual base::result<batch_state> reopen() = 0;

  /// Makes everything that is committed survive a power cut (complete checkpoint, file synced).
  [[nodiscard]] virtual base::result<void> make_durable() = 0;

  /// Housekeeping between batches (checkpoint when the log is long). Cheap when nothing is due.
  virtual void between_batches() = 0;

  /// What the file held when it was opened or reopened last.
  [[nodiscard]] virtual batch_state state() const = 0;
};

// ---- The reading side -------------------------------------------------------------------------

/// What an inbox actor starts from.
struct inbox_snapshot {
  std::vector<inbox_entry> tail; ///< The newest entries, ascending.
  bool complete = false;         ///< True if `tail` holds every entry.
  inbox_counts counts;
  cursor high_water = 0; ///< Every entry up to this cursor is counted here.
};

/// Which part of the log is wanted: what `agent`, subscribed in `project`, may see.
struct event_query {
  std::string project; ///< Events of this project and of the empty one.
  std::string agent;   ///< `message_created` only for entries of this agent.
  cursor since = 0;    ///< Exclusive.
  std::uint32_t limit = 256;
};

struct event_page {
  std::vector<event> events; ///< Ascending; `recipients` holds the asking agent only.
  bool more = false;         ///< True if the limit cut the page.
  cursor high_water = 0;     ///< The log up to here was looked at when `more` is false.
};

/// A reply kept for a request with an Idempotency-Key.
struct replay {
  std::string body;  ///< SHA-256 of the request's body.
  std::string reply; ///< Opaque.
};

/// A project and how many agents are registered in it, the retired ones left out.
struct project_summary {
  std::string project;
  std::uint64_t agents = 0;
};

/// A read-only connection. Every call is one snapshot and takes at most about a second.
/// Used by one thread at a time.
class reader {
public:
  virtual ~reader() = default;
  [[nodiscard]] virtual base::result<std::vector<domain::agent>> agents() = 0;
  [[nodiscard]] virtual base::result<std::vector<inbox_entry>> inbox(const inbox_query& wanted) = 0;
  /// @param tail_max  Entries wanted at most in the tail.
  [[nodiscard]] virtual base::result<inbox_snapshot>
  load_inbox(const std::string& project, const std::string& agent, std::uint32_t tail_max) = 0;
  [[nodiscard]] virtual base::result<event_page> events(const event_query& wanted) = 0;

  /// The message of that id; null if there is none.
  [[nodiscard]] virtual base::result<placed_message> message(const std::string& project,
                                                             const std::string& id)
    = 0;

  /// The threads of an agent, last active first.
  /// @param below  Only those with `last_cursor` below it; 0 for all.
  [[nodiscard]] virtual base::result<std::vector<thread_summary>>
  threads(const std::string& project, const std::string& agent, cursor below, std::uint32_t limit)
    = 0;

  /// The messages of a thread whose cursor is above `since`, in the order of their creation.
  [[nodiscard]] virtual base::result<std::vector<placed_message>>
  thread(const std::string& project, const std::string& thread_id, cursor since,
         std::uint32_t limit)
    = 0;

  /// For each of `agents`: did it send or receive an earlier message of the thread?
  [[nodiscard]] virtual base::result<std::vector<bool>>
  in_thread(const std::string& project, const std::string& thread_id,
            const std::vector<std::string>& agents)
    = 0;

  /// The messages of a topic above `since`, ascending.
  [[nodiscard]] virtual base::result<std::vector<placed_message>>
  topic(const std::string& project, const std::string& topic, cursor since, std::uint32_t limit)
    = 0;

  /// The entries of an inbox that want an acknowledgement and have none, of messages created at
  /// `created_max` or before; oldest message first.
  [[nodiscard]] virtual base::result<std::vector<inbox_entry>>
  stale_acks(const std::string& project, const std::string& agent, base::wall_time created_max,
             std::uint32_t limit)
    = 0;

  /// The reservations of a project that have not ended, whether or not their time is over.
  /// In the order of their creation.
  [[nodiscard]] virtual base::result<std::vector<reservation>>
  open_reservations(const std::string& project) = 0;

  /// Every reservation that an agent ever made, in any project, newest first.
  [[nodiscard]] virtual base::result<std::vector<reservation>>
  reservations_of(const std::string& agent_id) = 0;

  /// The reservation of that id, if there is one.
  [[nodiscard]] virtual base::result<std::optional<reservation>>
  find_reservation(const std::string& id) = 0;

  /// True if the agent has a reservation, in any project, that is active at `now`.
  [[nodiscard]] virtual base::result<bool> holds_any(const std::string& agent_id,
                                                     base::wall_time now)
    = 0;

  /// The projects that have reservations which have not ended.
  [[nodiscard]] virtual base::result<std::vector<std::string>> projects_with_reservations() = 0;

  /// The kept reply of that scope, if its time is not over.
  [[nodiscard]] virtual base::result<std::optional<replay>> find_replay(const std::string& scope,
                                                                        base::wall_time now)
    = 0;

  /// Every project that anything was stored in, by name.
  /// @param after  Only those behind it; nothing for all.
  [[nodiscard]] virtual base::result<std::vector<project_summary>>
  projects(const std::optional<std::string>& after, std::uint32_t limit) = 0;
};

/// An opened store: hands out its one engine and its readers. Holds the data directory's lock
/// for as long as it lives.
class store {
public:
  virtual ~store() = default;

  /// The engine; to be called once.
  [[nodiscard]] virtual base::result<std::unique_ptr<engine>> open_engine() = 0;

  /// One more read-only connection. Safe from any thread.
  [[nodiscard]] virtual base::result<std::unique_ptr<reader>> open_reader() = 0;

  /// Looks for damage for at most `most`, or until `stop` asks it to end. Beside the engine.
  /// @returns True when the whole store was looked at, false when it ended before;
  ///          `storage_corrupt` with what was found.
  [[nodiscard]] virtual base::result<bool> verify(std::chrono::milliseconds most,
                                                  std::stop_token stop = {})
    = 0;
};

} // namespace intermute::storage
