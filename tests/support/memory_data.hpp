#pragma once

#include "tests/support/memory_store.hpp"

#include <map>
#include <set>
#include <utility>

/// The tables of the store in memory, and what its connections share.
namespace intermute::test::detail {

/// All tables, as maps. Every change is a function of the data and the operation alone, so that
/// the same operations give the same data again. An operation that fails changes nothing.
///
/// Whatever can be worked out from the rows is worked out when it is asked for: nothing is kept
/// twice that could differ.
class memory_data {
public:
  [[nodiscard]] base::result<storage::outcome> apply(const storage::row_operation& what,
                                                     storage::cursor& last) {
    return std::visit([&](const auto& one) { return on(one, last); }, what);
  }

  /// Entries of `agent`; in `project`, or in all.
  [[nodiscard]] std::map<storage::cursor, storage::inbox_entry>
  entries(const std::optional<std::string>& project, const std::string& agent) const;

  [[nodiscard]] std::map<storage::cursor, storage::event>
  events(const storage::event_query& wanted) const;

  [[nodiscard]] storage::placed_message message(const std::string& project,
                                                const std::string& id) const;

  /// Last active first.
  [[nodiscard]] std::vector<storage::thread_summary> threads(const std::string& project,
                                                             const std::string& agent) const;

  /// In the order of creation; none for the empty id.
  [[nodiscard]] std::vector<storage::placed_message> thread(const std::string& project,
                                                            const std::string& id) const;

  /// Ascending; none for the empty topic.
  [[nodiscard]] std::vector<storage::placed_message> topic(const std::string& project,
                                                           const std::string& topic) const;

  /// Oldest message first.
  [[nodiscard]] std::vector<storage::inbox_entry> stale_acks(const std::string& project,
                                                             const std::string& agent,
                                                             base::wall_time created_max) const;

  /// The kept reply of that scope, if its time is not over.
  [[nodiscard]] std::optional<storage::replay> find_replay(const std::string& scope,
                                                           base::wall_time now) const;

  /// By name.
  [[nodiscard]] std::vector<storage::project_summary> projects() const;

  /// In the order of registration.
  [[nodiscard]] const std::vector<domain::agent>& agents() const { return agents_; }

  /// In the order of creation.
  [[nodiscard]] const std::vector<storage::reservation>& reservations() const {
    return reservations_;
  }

  [[nodiscard]] std::vector<memory_message> messages() const;
  [[nodiscard]] const std::vector<storage::cursor>& cursors() const { return cursors_; }
  [[nodiscard]] std::size_t replays() const { return replays_.size(); }

private:
  using inbox_name = std::pair<std::string, std::string>; // Project, agent.

  struct entry_row {
    storage::cursor message = 0;
    domain::recipient_kind kind{};
    std::optional<base::wall_time> read_at;
    std::optional<base::wall_time> ack_at;
  };
  using inbox_rows = std::map<storage::cursor, entry_row>;

  struct message_row {
    domain::message_ptr content;
    storage::cursor last_entry = 0; ///< Highest cursor of its entries.
  };

  struct event_row {
    storage::event_kind kind{};
    std::string project;
    std::string subject; ///< Id of the message or of the reservation.
    base::wall_time created_at{};
  };

  struct replay_row {
    storage::replay kept;
    base::wall_time expires_at{};
  };

  using applied = base::result<storage::outcome>;
  applied on(const storage::put_agent& what, storage::cursor& last);
  applied on(const storage::set_contact& what, storage::cursor& last);
  applied on(const storage::touch_agents& what, storage::cursor& last);
  applied on(const storage::put_message& what, storage::cursor& last);
  applied on(const storage::mark_message& what, storage::cursor& last);
  applied on(const storage::put_reservation& what, storage::cursor& last);
  applied on(const storage::end_reservations& what, storage::cursor& last);
  applied on(const storage::end_reservations_of& what, storage::cursor& last);
  applied on(const storage::put_replay& what, storage::cursor& last);

  applied insert(const storage::put_message& what, storage::cursor& last);
  void add_entries(const domain::message& wanted, const std::vector<domain::recipient>& to,
                   storage::cursor entry_at, storage::cursor message_at);
  [[nodiscard]] storage::end_reservations_outcome::one end(storage::reservation& held,
                                                           domain::release_reason why,
                                                           base::wall_time at,
                                                           storage::cursor& last);
  void drop_old_replays(base::wall_time now);

  storage::cursor take(storage::cursor& last);
  domain::agent* agent_of(const std::string& id);
  [[nodiscard]] storage::inbox_entry entry(storage::cursor at, const entry_row& row) const;
  [[nodiscard]] const inbox_rows& inbox_of(const std::string& project,
                                           const std::string& agent) const;

  std::map<storage::cursor, message_row> messages_;
  std::map<std::pair<std::string, std::string>, storage::cursor> by_id_; // Project, id.
  std::map<inbox_name, inbox_rows> inboxes_;
  std::map<storage::cursor, event_row> events_;
  std::vector<domain::agent> agents_;
  std::vector<storage::reservation> reservations_;
  std::map<std::string, replay_row> replays_; // Of each scope.
  std::set<std::string> projects_;            // Every one that was met.
  std::vector<storage::cursor> cursors_;
};

} // namespace intermute::test::detail
