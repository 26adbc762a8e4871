#pragma once

#include "actors/requests.hpp"
#include "transport/json/encode.hpp"
#include "transport/json/fields.hpp"

#include <string>
#include <vector>

/// What goes over the wire about messages, inboxes and topics (contract 5 to 7, 9 and 10).
namespace intermute::transport::wire {

/// The body of a send.
struct send_body : actors::send_message {
  std::string transport;          ///< Empty or `async`; `live` and `both` act like it.
  std::string target_window_uuid; ///< Of live delivery; not used.
};

/// The recipients of one kind; `null` on the wire when there is none. `only` not null: of them,
/// that agent alone.
struct recipients_view {
  const std::vector<domain::recipient>* all = nullptr;
  domain::recipient_kind kind = domain::recipient_kind::to;
  const std::string* only = nullptr;
};
[[nodiscard]] bool is_set(const recipients_view& some) noexcept;
void append_value(std::string& to, const recipients_view& some);

/// One message as inboxes and topics show it.
struct message_row {
  std::string_view id;
  std::string_view thread_id;
  std::string_view project;
  std::string_view from;
  recipients_view to;
  recipients_view cc;
  recipients_view bcc;
  std::string_view subject;
  std::string_view topic;
  std::string_view body;
  std::string_view importance;
  bool ack_required = false;
  base::wall_time created_at{};
  std::uint64_t cursor = 0;
};

/// The message with a cursor. @param blind  Whose blind copy is shown: null for all of them.
[[nodiscard]] message_row row_of(const domain::message& message, domain::cursor at,
                                 const std::string* blind);

/// The message of an entry as `reader` may see it: of the blind copies, its own name alone.
[[nodiscard]] message_row row_of(const domain::inbox_entry& entry, const std::string& reader);

/// The message outside an inbox, as `reader` may see it: its sender sees all blind copies, others
/// their own name alone. The empty reader sees none. The row may point to `reader`.
[[nodiscard]] message_row row_of(const domain::placed_message& placed, const std::string& reader);

/// The body of read and ack.
struct mark_body {
  std::string agent;
};

/// Appends the reply to a send.
void append_sent(std::string& to, const actors::sent& done);

/// Appends the reply to a broadcast.
void append_broadcast(std::string& to, const actors::broadcast_done& done);

/// Appends `,"denied":[...]` to the members of a problem; nothing for an empty list.
void append_denied(std::string& members, const std::vector<std::string>& denied);

/// Appends a page; its cursor is the last entry's, or `since` when it is empty.
void append_page(std::string& to, const actors::inbox_page& page, const std::string& reader,
                 domain::cursor since);

/// Appends a page of messages outside an inbox, as `reader` may see them; its cursor is as above.
void append_page(std::string& to, const actors::message_list& page, const std::string& reader,
                 domain::cursor since);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<wire::send_body> {
  using type = wire::send_body;
  static constexpr std::tuple table{field("from", &type::from),
                                    field("to", &type::to),
                                    field("project", &type::project),
                                    field("id", &type::id),
                                    field("thread_id", &type::thread_id),
                                    field("cc", &type::cc),
                                    field("bcc", &type::bcc),
                                    field("subject", &type::subject),
                                    field("body", &type::body),
                                    field("importance", &type::importance),
                                    field("topic", &type::topic),
                                    field("ack_required", &type::ack_required),
                                    field("transport", &type::transport),
                                    field("target_window_uuid", &type::target_window_uuid)};
};

template <>
struct fields_of<actors::broadcast> {
  using type = actors::broadcast;
  static constexpr std::tuple table{field("from", &type::from), field("topic", &type::topic),
                                    field("body", &type::body), field("project", &type::project),
                                    field("subject", &type::subject)};
};

template <>
struct fields_of<wire::message_row> {
  using type = wire::message_row;
  static constexpr auto optional = presence::when_set;
  static constexpr std::tuple table{field("id", &type::id),
                                    field("thread_id", &type::thread_id),
                                    field("project", &type::project),
                                    field("from", &type::from),
                                    field("to", &type::to),
                                    field("cc", &type::cc, optional),
                                    field("bcc", &type::bcc, optional),
                                    field("subject", &type::subject, optional),
                                    field("topic", &type::topic, optional),
                                    field("body", &type::body),
                                    field("importance", &type::importance, optional),
                                    field("ack_required", &type::ack_required, optional),
                                    field("created_at", &type::created_at),
                                    field("cursor", &type::cursor)};
};

template <>
struct fields_of<wire::mark_body> {
  static constexpr std::tuple table{field("agent", &wire::mark_body::agent)};
};

template <>
struct fields_of<domain::inbox_counts> {
  using type = domain::inbox_counts;
  static constexpr std::tuple table{field("total", &type::total), field("unread", &type::unread)};
};

} // namespace intermute::transport::json
