#pragma once

#include "transport/wire/messages.hpp"

/// What goes over the wire about threads and overdue acknowledgements (contract 6.3 and 8).
namespace intermute::transport::wire {

/// One thread of an agent.
struct thread_row {
  std::string_view thread_id;
  std::uint64_t last_cursor = 0;
  std::uint64_t message_count = 0;
  std::string_view last_from;
  std::string_view last_body;
  json::whole_seconds last_at;
};
[[nodiscard]] thread_row row_of(const domain::thread_summary& thread);

/// One message as its thread shows it: less than an inbox does.
struct thread_message_row {
  std::string_view id;
  std::string_view thread_id;
  std::string_view project;
  std::string_view from;
  recipients_view to;
  std::string_view body;
  base::wall_time created_at{};
  std::uint64_t cursor = 0;
};
[[nodiscard]] thread_message_row thread_row_of(const domain::placed_message& placed);

/// One message whose acknowledgement is overdue.
struct stale_ack_row {
  std::string_view id;
  std::string_view thread_id;
  std::string_view project;
  std::string_view from;
  recipients_view to;
  std::string_view subject;
  std::string_view body;
  base::wall_time created_at{};
  std::string_view kind; ///< How the agent was addressed.
  std::optional<base::wall_time> read_at;
  std::uint64_t age_seconds = 0;
};
[[nodiscard]] stale_ack_row row_of(const domain::inbox_entry& entry, base::wall_time now);

/// Appends the threads; the cursor is the last one's, or that of the request when there is none.
void append_threads(std::string& to, const actors::thread_list& list, domain::cursor below);

/// Appends a thread as its `reader` may see it: a message that went to blind copies alone is seen
/// by its sender and by those. The cursor is the highest of the page, whether shown or not.
void append_thread(std::string& to, const actors::read_thread& asked,
                   const actors::message_list& page);

/// Appends the overdue acknowledgements.
void append_stale_acks(std::string& to, const actors::list_stale_acks& asked,
                       const actors::stale_ack_list& list);

} // namespace intermute::transport::wire

namespace intermute::transport::json {

template <>
struct fields_of<wire::thread_row> {
  using type = wire::thread_row;
  static constexpr std::tuple table{
    field("thread_id", &type::thread_id),         field("last_cursor", &type::last_cursor),
    field("message_count", &type::message_count), field("last_from", &type::last_from),
    field("last_body", &type::last_body),         field("last_at", &type::last_at)};
};

template <>
struct fields_of<wire::thread_message_row> {
  using type = wire::thread_message_row;
  static constexpr std::tuple table{field("id", &type::id),
                                    field("thread_id", &type::thread_id),
                                    field("project", &type::project),
                                    field("from", &type::from),
                                    field("to", &type::to),
                                    field("body", &type::body),
                                    field("created_at", &type::created_at),
                                    field("cursor", &type::cursor)};
};

template <>
struct fields_of<wire::stale_ack_row> {
  using type = wire::stale_ack_row;
  static constexpr std::tuple table{field("id", &type::id),
                                    field("thread_id", &type::thread_id),
                                    field("project", &type::project),
                                    field("from", &type::from),
                                    field("to", &type::to),
                                    field("subject", &type::subject, presence::when_set),
                                    field("body", &type::body),
                                    field("created_at", &type::created_at),
                                    field("kind", &type::kind),
                                    field("read_at", &type::read_at),
                                    field("age_seconds", &type::age_seconds)};
};

} // namespace intermute::transport::json
