#pragma once

#include "actors/address_book.hpp"
#include "actors/event_feed.hpp"
#include "actors/messages.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace intermute::actors {

/// What one batch has to tell, collected change by change and then told in the one right order:
/// owners and inboxes, then the clients who wait for their answers, then those who only listen.
/// Mailbox order then gives read-your-writes on every connection. One thread.
class publication {
public:
  /// Both outlive the publication.
  publication(const address_book& book, event_feed& feed) : book_(book), feed_(feed) {}

  /// A note to the owner of a change.
  void tell_owner(cell_ptr owner, caf::message note);

  /// A registration that reached the disk; collected into one note per directory.
  void tell_directory(cell_ptr directory, agents_committed::one done);

  /// Something changed in the inbox of `agent`. Costs a look-up when nobody lives in it: whoever
  /// comes to life there later reads the store, where all of this already is.
  void update_inbox(const std::string& project, const std::string& agent,
                    inbox_update::change what);

  /// The inbox of `agent` can no longer follow by updates.
  void reload_inbox(const std::string& project, const std::string& agent);

  /// Reservations ended: tells their tables and everybody who listens.
  void end_reservations(const storage::end_reservations_outcome& ended);

  /// Whether reservations ended is not known: every table must look into the store.
  void doubt_reservations();

  /// One more event, in cursor order.
  void add_event(domain::event what) { events_.push_back(std::move(what)); }

  /// Events may be missing here: subscribers must look into the store.
  void add_gap() { gap_ = true; }

  /// A settled op to hand out.
  void reply(op_ptr settled);

  /// Tells everything. Call once.
  void deliver();

private:
  struct inbox_news {
    cell_ptr of;
    std::shared_ptr<inbox_update> update = std::make_shared<inbox_update>(); ///< Null: reload.
  };

  void deliver_to_owners();
  void deliver_to_inbox(inbox_news& news);

  const address_book& book_;
  event_feed& feed_;
  std::vector<std::pair<cell_ptr, caf::message>> owners_;
  std::vector<std::pair<cell_ptr, agents_committed>> directories_;
  [[nodiscard]] inbox_news& news_of(cell_ptr inbox);

  std::vector<inbox_news> inboxes_; ///< In the order first concerned.
  std::unordered_map<const cell*, std::size_t> inbox_index_;
  std::vector<domain::event> events_;
  bool gap_ = false;
  std::vector<std::pair<reply_sink*, std::vector<op_ptr>>> replies_;
};

/// The event that tells of a reservation.
[[nodiscard]] domain::event event_of(const domain::reservation& of, domain::event_kind kind,
                                     domain::cursor at, base::wall_time when);

} // namespace intermute::actors
