#pragma once

#include "actors/op.hpp"
#include "domain/inbox.hpp"
#include "domain/thread.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

/// What clients ask of messages, inboxes, threads and topics.
namespace intermute::actors {

using domain::cursor;

/// Stores a message durably and hands it to every recipient (contract 5, decisions 3 to 5).
/// Recipients whose contact policy does not let the sender through are left out (contract 5.2);
/// when nobody remains, nothing is stored. Fails with `message_id_taken`.
struct sent {
  std::string message_id;                      ///< Empty: every recipient refused.
  cursor at = 0;                               ///< Of the message's first storing.
  std::vector<std::string> to;                 ///< Each recipient reached with `to`, once.
  std::vector<std::string> denied;             ///< Who refused: of `to`, of `cc`, of `bcc`.
  std::vector<std::string> unknown_recipients; ///< Of `to`, those that nobody registered as.
  std::vector<std::string> retired_recipients; ///< Who is out of service; stored all the same.
  bool replayed = false;                       ///< The id was stored before.
};
struct send_message {
  static constexpr op_kind kind = op_kind::send_message;
  static constexpr urgency admission = urgency::normal;
  using reply = sent;

  std::string project;
  std::string id; ///< Empty: the server names it.
  std::string thread_id;
  std::string from;
  std::vector<std::string> to;
  std::vector<std::string> cc;
  std::vector<std::string> bcc;
  std::string subject;
  std::string topic;
  std::string body;
  std::string importance;
  bool ack_required = false;
};

/// Marks a message read or acknowledged by an agent; succeeds whatever it names (decision 32).
struct marked {
  cursor at = 0; ///< Of the event.
};
struct mark_message {
  static constexpr op_kind kind = op_kind::mark_message;
  static constexpr urgency admission = urgency::draining;
  using reply = marked;

  std::string project;
  std::string message_id;
  std::string agent; ///< May be empty.
  domain::mark_kind mark = domain::mark_kind::read;
};

/// One page of an inbox, cursor ascending unless asked otherwise.
struct inbox_page {
  std::vector<domain::inbox_entry> entries;
};
struct read_inbox {
  static constexpr op_kind kind = op_kind::read_inbox;
  static constexpr urgency admission = urgency::normal;
  using reply = inbox_page;

  domain::inbox_query query;
};

/// How many entries an inbox has and how many of them are unread.
struct count_inbox {
  static constexpr op_kind kind = op_kind::count_inbox;
  static constexpr urgency admission = urgency::normal;
  using reply = domain::inbox_counts;

  std::string project;
  std::string agent;
};

/// Stores one message for every agent of a project but the sender and the retired, whose contact
/// policy lets the sender through (contract 10). Fails with `project_required`, `rate_limited`.
struct broadcast_done {
  std::string message_id; ///< Empty: nothing was stored.
  cursor at = 0;
  std::uint32_t delivered = 0;
  std::vector<std::string> denied; ///< Last seen first.
};
struct broadcast {
  static constexpr op_kind kind = op_kind::broadcast;
  static constexpr urgency admission = urgency::normal;
  using reply = broadcast_done;

  std::string project;
  std::string from;
  std::string topic;
  std::string subject;
  std::string body;
  std::string rate_key; ///< Whose rate is counted: the verified identity, else `from`.
};

/// The entries of an inbox that want an acknowledgement for at least `ttl` and have none.
struct stale_ack_list {
  std::vector<domain::inbox_entry> entries; ///< Oldest message first.
  base::wall_time now{};                    ///< What ages are counted from.
};
struct list_stale_acks {
  static constexpr op_kind kind = op_kind::list_stale_acks;
  static constexpr urgency admission = urgency::normal;
  using reply = stale_ack_list;

  std::string project;
  std::string agent;
  std::chrono::seconds ttl{1'800};
  std::uint32_t limit = 20; ///< 1 to 1000.
};

/// The threads of an agent, last active first.
struct thread_list {
  std::vector<domain::thread_summary> threads;
};
struct list_threads {
  static constexpr op_kind kind = op_kind::list_threads;
  static constexpr urgency admission = urgency::normal;
  using reply = thread_list;

  std::string project;
  std::string agent;
  cursor below = 0;         ///< Only those whose last cursor is below; 0 for all.
  std::uint32_t limit = 50; ///< At least 1.
};

/// Messages with the cursors that stand for them, ascending by creation.
struct message_list {
  std::vector<domain::placed_message> messages;
};
/// The messages of a thread above a cursor.
struct read_thread {
  static constexpr op_kind kind = op_kind::read_thread;
  static constexpr urgency admission = urgency::normal;
  using reply = message_list;

  std::string project;
  std::string thread_id;
  cursor since = 0;
  std::uint32_t limit = 100'000; ///< At least 1.
  std::string reader;            ///< Who asks; may be empty. For the rendering alone.
};

/// The messages of a topic above a cursor.
struct read_topic {
  static constexpr op_kind kind = op_kind::read_topic;
  static constexpr urgency admission = urgency::normal;
  using reply = message_list;

  std::string project;
  std::string topic;
  cursor since = 0;
  std::uint32_t limit = 100; ///< 1 to 1000.
  std::string reader;        ///< Who asks; may be empty. For the rendering alone.
};

/// One message. Fails with `message_not_found`.
struct get_message {
  static constexpr op_kind kind = op_kind::get_message;
  static constexpr urgency admission = urgency::normal;
  using reply = domain::placed_message;

  std::string project;
  std::string message_id;
  std::string reader; ///< Who asks; may be empty. For the rendering alone.
};

} // namespace intermute::actors
