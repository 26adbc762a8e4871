#pragma once

#include "domain/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace intermute::domain {

/// One entry of an inbox: a message as one recipient holds it.
struct inbox_entry {
  cursor at = 0; ///< The entry's own cursor; differs from the message's for late recipients.
  message_ptr message;
  recipient_kind kind = recipient_kind::to;
  std::optional<base::wall_time> read_at;
  std::optional<base::wall_time> ack_at;
};

/// Which part of an inbox is wanted.
struct inbox_query {
  std::optional<std::string> project; ///< Nothing means all projects.
  std::string agent;
  cursor since = 0;        ///< Exclusive. Ascending: entries above; descending: below.
  bool descending = false; ///< Newest first; `since` 0 then means from the newest.
  bool unread_only = false;
  std::uint32_t limit = 100; ///< 1 to 1000.
};

/// How many entries an inbox has, and how many of them are unread. Both count the same set.
struct inbox_counts {
  std::uint64_t total = 0;
  std::uint64_t unread = 0;
};

/// What a recipient says of a message.
enum class mark_kind : std::uint8_t { read, ack };

/// What kind of change an event tells of. The numbers are stored.
enum class event_kind : std::uint8_t {
  message_created = 1,
  message_read = 2,
  message_ack = 3,
  reservation_created = 4,
  reservation_released = 5,
  reservation_expired = 6,
};
inline constexpr event_kind last_event_kind = event_kind::reservation_expired;

/// True if it tells of a reservation, false if of a message.
[[nodiscard]] constexpr bool is_of_reservation(event_kind kind) noexcept {
  return kind >= event_kind::reservation_created;
}

/// The wire's name of `kind`, e.g. `message.created`.
[[nodiscard]] std::string_view to_string(event_kind kind) noexcept;

/// One entry of the log, as a socket may see it.
struct event {
  cursor at = 0;
  event_kind kind = event_kind::message_created;
  std::string project;
  std::string message_id;              ///< Of a message's event.
  std::vector<std::string> recipients; ///< `message_created` only: who got an entry at `at`.
  std::string reservation_id;          ///< Of a reservation's event, as the two below.
  std::string agent;                   ///< The holder.
  std::string path_pattern;
  base::wall_time created_at{};
};

} // namespace intermute::domain
