#pragma once

#include "actors/agent_snapshot.hpp"
#include "actors/cell.hpp"
#include "actors/contact_rules.hpp"
#include "actors/requests.hpp"
#include "actors/subscription.hpp"
#include "storage/writer.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

#include <memory>
#include <vector>

/// The notes that actors send each other and the interface of each actor. Notes never leave the
/// process; they are small or shared, since a CAF message may be copied.
namespace intermute::actors {

// ---- From the writer to owners ----------------------------------------------------------------

/// A change of this epoch failed: everything later of it was rejected, the state must be rebuilt.
struct epoch_failed {
  storage::epoch which = 0;
};

/// A barrier was decided: everything the owner logged before it is on the disk or rejected.
struct barrier_passed {
  storage::epoch which = 0;
  bool stored = false; ///< False when the store failed: try again later.
};

/// Registrations that are on the disk, in commit order.
struct agents_committed {
  struct one {
    std::uint64_t decision = 0; ///< As the directory numbered it.
    op_ptr request;             ///< Settled; to be handed out once the snapshot is swapped.
  };
  std::shared_ptr<std::vector<one>> done;
};

/// Reservations that are on the disk.
struct holds_granted {
  std::shared_ptr<std::vector<std::string>> ids;
};

/// Reservations that have ended, on the disk; whoever ended them.
struct holds_ended {
  std::shared_ptr<std::vector<std::string>> ids;
};

/// Some may have ended without a word: read the table anew.
struct holds_doubtful {};

// ---- From the writer to inboxes and push ------------------------------------------------------

/// What one batch changed in one inbox, in commit order.
struct inbox_update {
  struct marked {
    cursor at = 0;    ///< Of the event.
    cursor entry = 0; ///< Of the entry.
    domain::mark_kind mark = domain::mark_kind::read;
    base::wall_time when{};
  };
  using change = std::variant<domain::inbox_entry, ///< A new entry.
                              marked,              ///< An entry was read or acknowledged.
                              domain::message_ptr  ///< The content of a message was replaced.
                              >;
  std::vector<change> changes;
  place held; ///< In the inbox's mailbox, until the update was applied.
};
using inbox_update_ptr = std::shared_ptr<inbox_update>;

/// Notes were left out because too many waited: read the inbox anew from the store.
struct inbox_reload {};

/// What the reader pool found for an inbox that starts or reloads.
struct inbox_loaded {
  std::uint64_t load = 0; ///< Which load this answers.
  std::shared_ptr<const base::result<storage::inbox_snapshot>> found;
};

/// What the reader pool found for a directory that starts or reloads.
struct agents_loaded {
  storage::epoch which = 0;
  std::shared_ptr<const base::result<std::vector<domain::agent>>> found;
};

/// Whether the agent of a session that somebody asks for has reservations.
struct session_checked {
  op_ptr request;
  std::shared_ptr<const base::result<bool>> found;
};

/// Who of the asked lets the sender of a message through; see `contact_facts`.
struct contacts_judged {
  op_ptr request;
  std::shared_ptr<const base::result<contact_verdicts>> found;
};

/// What the reader pool found for a reservation table that starts or reloads.
struct holds_loaded {
  storage::epoch which = 0;
  std::shared_ptr<const base::result<std::vector<domain::reservation>>> found;
};

/// Which of the reservations that a worker compared with a pattern overlap it.
struct overlaps_found {
  op_ptr request;
  std::shared_ptr<const std::vector<std::string>> ids;
};

/// The time of a reservation is over.
struct expiry_note {};

/// Tables of the projects with reservations were started, or could not be.
struct tables_started {
  bool all = false;
};

/// Events wait in the ring of the push actor.
struct events_ready {};

/// A page of the log for one socket.
struct events_read {
  socket_id socket = 0;
  std::uint64_t read = 0; ///< Which of the socket's reads this answers.
  std::shared_ptr<const base::result<storage::event_page>> found;
};

/// The socket has sent its page. / The socket is gone.
struct socket_ready {
  socket_id socket = 0;
};
struct socket_gone {
  socket_id socket = 0;
};

// ---- Supervision ------------------------------------------------------------------------------

/// An actor was born: monitor it.
struct watch_note {
  cell_ptr of;
  caf::strong_actor_ptr born;
};

/// The pause after a crash is over.
struct restart_note {
  cell_ptr of;
};

/// Nobody asked for you for a while: end, if nothing is under way.
struct passivate_note {};

/// Look for idle actors.
struct sweep_note {};

/// Write lazily kept state to the store. / Try to load again.
struct flush_note {};
struct retry_note {};

/// What a batch told of the store's health.
struct store_note {
  bool well = true;
  bool uncertain = false;
  base::error why;
};

/// The breaker's open time is over.
struct probe_note {};

// ---- Interfaces -------------------------------------------------------------------------------

/// Identities: registration, roster, heartbeats. One in the server.
using directory_actor = caf::typed_actor<
  // A client's request.
  caf::reacts_to<op_ptr>,
  // Registrations reached the disk.
  caf::reacts_to<agents_committed>,
  // A change failed; start anew from the store.
  caf::reacts_to<epoch_failed>,
  // All earlier changes are decided; the store may be read.
  caf::reacts_to<barrier_passed>,
  // The stored agents.
  caf::reacts_to<agents_loaded>,
  // Whether a session's agent has reservations.
  caf::reacts_to<session_checked>,
  // INTERNAL: persists `last_seen`.
  caf::reacts_to<flush_note>,
  // INTERNAL: repeats a load that failed.
  caf::reacts_to<retry_note>>;

/// The messages of one project: judges and logs what changes them.
using project_actor
  = caf::typed_actor<caf::reacts_to<op_ptr>,
                     // Who may be written to.
                     caf::reacts_to<contacts_judged>, caf::reacts_to<epoch_failed>,
                     caf::reacts_to<passivate_note>>;

/// The reservations of one project.
using reservations_actor = caf::typed_actor<
  caf::reacts_to<op_ptr>,
  // What a batch changed.
  caf::reacts_to<holds_granted>, caf::reacts_to<holds_ended>, caf::reacts_to<holds_doubtful>,
  // A change failed; start anew from the store.
  caf::reacts_to<epoch_failed>, caf::reacts_to<barrier_passed>, caf::reacts_to<holds_loaded>,
  // What a worker found.
  caf::reacts_to<overlaps_found>,
  // INTERNAL: ends what is over.
  caf::reacts_to<expiry_note>,
  // INTERNAL: repeats a load that failed.
  caf::reacts_to<retry_note>, caf::reacts_to<passivate_note>>;

/// Sees to it that the tables of projects with reservations are in memory, where they expire.
/// One in the server.
using sweeper_actor = caf::typed_actor<caf::reacts_to<retry_note>, caf::reacts_to<tables_started>>;

/// The committed entries of one agent in one project.
using inbox_actor = caf::typed_actor<caf::reacts_to<op_ptr>,
                                     // What a batch changed.
                                     caf::reacts_to<inbox_update_ptr>,
                                     // Notes were left out.
                                     caf::reacts_to<inbox_reload>,
                                     // The stored entries.
                                     caf::reacts_to<inbox_loaded>,
                                     // INTERNAL: repeats a load that failed.
                                     caf::reacts_to<retry_note>, caf::reacts_to<passivate_note>>;

/// The subscriptions of all sockets. One in the server.
using push_actor = caf::typed_actor<caf::reacts_to<op_ptr>, caf::reacts_to<events_ready>,
                                    caf::reacts_to<events_read>, caf::reacts_to<socket_ready>,
                                    caf::reacts_to<socket_gone>, caf::reacts_to<retry_note>>;

/// Monitors actors and restarts those that crash.
using supervisor_actor = caf::typed_actor<caf::reacts_to<watch_note>, caf::reacts_to<restart_note>,
                                          caf::reacts_to<sweep_note>>;

/// The breaker of the store: decides when writes are admitted and probes a broken store.
using store_supervisor_actor
  = caf::typed_actor<caf::reacts_to<store_note>, caf::reacts_to<probe_note>>;

} // namespace intermute::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::epoch_failed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::barrier_passed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::agents_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::inbox_update_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::inbox_reload)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::inbox_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::agents_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::events_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::events_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::socket_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::socket_gone)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::watch_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::restart_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::passivate_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::sweep_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::flush_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::retry_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::store_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::probe_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::holds_granted)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::holds_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::holds_doubtful)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::session_checked)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::contacts_judged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::holds_loaded)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::overlaps_found)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::expiry_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(intermute::actors::tables_started)
