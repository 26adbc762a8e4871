#include "bench/load/audit.hpp"

namespace intermute::bench {

audit::audit(const request_plan& plan, const std::vector<const ledger*>& sent)
  : plan_{plan}, sent_{sent} {
  for (const ledger* messages : sent_)
    copies_.emplace_back(messages == nullptr ? 0 : messages->size(), std::uint16_t{0});
}

void audit::open_inbox(std::size_t project, std::size_t recipient) {
  project_ = project;
  recipient_ = recipient;
  last_cursor_ = 0;
  seen_.clear();
  last_number_.clear();
}

void audit::see(const inbox_entry& entry) {
  if (entry.cursor <= last_cursor_)
    found_.add("cursor out of order", where(entry));
  last_cursor_ = entry.cursor;
  message_name message;
  if (!plan_.parse_message_id(entry.id, message))
    return;
  ++entries_seen_;
  if (message.connection >= sent_.size() || message.number >= copies_[message.connection].size()) {
    found_.add("never sent", where(entry));
    return;
  }
  check_message(message, entry);
}

void audit::check_message(const message_name& message, const inbox_entry& entry) {
  // 2^48 messages of one connection are years; the upper bits hold the connection.
  if (!seen_.insert((std::uint64_t{message.connection} << 48) | message.number).second) {
    found_.add("doubled", where(entry));
    return;
  }
  const auto [last, first_of_connection]
    = last_number_.try_emplace(message.connection, message.number);
  if (!first_of_connection && message.number < last->second)
    found_.add("message out of order", where(entry));
  last->second = message.number;
  if (entry.body != plan_.body(entry.id))
    found_.add("corrupt", where(entry) + " has the body " + entry.body.substr(0, 100));
  if (!is_recipient(message)) {
    found_.add("delivered to a stranger", where(entry));
    return;
  }
  ++copies_[message.connection][message.number];
  const ledger& said = *sent_[message.connection];
  const std::uint64_t cursor = said.cursor_of(message.number);
  if (said.is_refused(message.number))
    found_.add("refused but stored", where(entry));
  else if (cursor != 0 && cursor != entry.cursor)
    found_.add("cursor differs", where(entry) + ", the reply had " + std::to_string(cursor));
}

bool audit::is_recipient(const message_name& message) const {
  if (plan_.project_of(message.connection) != project_)
    return false;
  for (std::size_t nth = 0; nth < plan_.run().fanout; ++nth)
    if (plan_.recipient_of(message, nth) == recipient_)
      return true;
  return false;
}

const violations& audit::finish() {
  for (std::size_t connection = 0; connection < sent_.size(); ++connection)
    for (std::uint64_t number = 0; number < copies_[connection].size(); ++number)
      check_delivery({connection, number}, copies_[connection][number]);
  return found_;
}

void audit::check_delivery(const message_name& message, std::uint64_t copies) {
  const std::uint64_t due = plan_.run().fanout;
  const bool accepted = sent_[message.connection]->cursor_of(message.number) != 0;
  accepted_ += accepted ? 1 : 0;
  const std::string what = plan_.message_id(message) + " is in " + std::to_string(copies) + " of "
                           + std::to_string(due) + " inboxes";
  if (accepted && copies != due)
    found_.add("missing", what);
  else if (!accepted && copies != 0 && copies != due)
    found_.add("torn", what);
}

std::string audit::where(const inbox_entry& entry) const {
  return entry.id + " at cursor " + std::to_string(entry.cursor) + " in " + plan_.project(project_)
         + "/" + plan_.recipient(project_, recipient_);
}

void read_back(const request_plan& plan, blocking_client& client, audit& into) {
  constexpr std::size_t page_max = 1000;
  for (std::size_t project = 0; project < plan.run().projects; ++project) {
    for (std::size_t recipient = 0; recipient < plan.run().recipients; ++recipient) {
      into.open_inbox(project, recipient);
      std::uint64_t since = 0;
      // Ends because the cursor must grow with every page that is not empty.
      for (;;) {
        const auto page = parse_inbox_page(client.ask(
          plan.inbox_request(project, plan.recipient(project, recipient), since, page_max)));
        for (const auto& entry : page.entries)
          into.see(entry);
        if (page.entries.empty() || page.cursor <= since)
          break;
        since = page.cursor;
      }
    }
  }
}

void read_holds(const request_plan& plan, blocking_client& client, hold_book& into) {
  for (std::size_t project = 0; project < plan.run().projects; ++project)
    for (const auto& [id, reason] : parse_reservations(
           client.ask(plan.get("/api/reservations?project=" + plan.project(project)))))
      into.see(project, id, reason);
}

} // namespace intermute::bench
