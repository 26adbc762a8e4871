#pragma once

#include "actors/op.hpp"
#include "domain/agent.hpp"
#include "domain/inbox.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// What clients ask for and what they get: plain values, filled by transport or by a host.
namespace intermute::actors {

using domain::cursor;

/// Registers an agent, or takes over a silent agent's session (contract 4.1).
/// Fails with `invalid_session_id`, `active_session_conflict`.
struct registered {
  std::string agent_id;
  std::string session_id;
  std::string name;
  std::string token; ///< In clear; shown this once.
};
struct register_agent {
  static constexpr op_kind kind = op_kind::register_agent;
  static constexpr urgency admission = urgency::normal;
  using reply = registered;

  std::string project;
  std::string name;       ///< Blank: a generated one.
  std::string session_id; ///< Empty: a new session.
  std::optional<std::vector<std::string>> capabilities;
  std::optional<std::map<std::string, std::string>> metadata;
  std::string status;
};

/// An agent as the roster shows it: the stored record and what memory knows better.
struct agent_view {
  std::shared_ptr<const domain::agent> agent;
  base::wall_time last_seen{};
};

/// The roster, last seen first.
struct agent_list {
  std::vector<agent_view> agents;
};
struct list_agents {
  static constexpr op_kind kind = op_kind::list_agents;
  static constexpr urgency admission = urgency::normal;
  using reply = agent_list;

  std::optional<std::string> project;    ///< Nothing means all.
  std::vector<std::string> capabilities; ///< Any of them; empty means all agents.
};

/// One agent. Fails with `agent_not_found`.
struct get_agent {
  static constexpr op_kind kind = op_kind::get_agent;
  static constexpr urgency admission = urgency::normal;
  using reply = agent_view;

  std::string agent_id;
};

/// Notes that an agent lives and what its screen is doing. Fails with `agent_not_found`.
/// Kept in memory and persisted lazily: a crash may lose some seconds of it.
struct heartbeat_noted {};
struct heartbeat {
  static constexpr op_kind kind = op_kind::heartbeat;
  static constexpr urgency admission = urgency::draining;
  using reply = heartbeat_noted;

  std::string agent_id;
  std::optional<domain::focus> focus;
};

/// Stores a message durably and hands it to every recipient (contract 5, decisions 3 to 5).
/// Fails with `message_id_taken`.
struct sent {
  std::string message_id;
  cursor at = 0;                               ///< Of the message's first storing.
  std::vector<std::string> to;                 ///< Each recipient addressed with `to`, once.
  std::vector<std::string> unknown_recipients; ///< Of `to`, those that nobody registered as.
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

} // namespace intermute::actors
