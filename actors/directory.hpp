#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace intermute::actors {

/// The actor of all identities. It judges changes of agents on its tentative state, publishes the
/// committed ones as a snapshot, and keeps heartbeats in memory, written out once a second.
class directory final : public bounded<directory_actor::base> {
public:
  directory(caf::actor_config& config, cell_ptr address, const services& deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "directory"; }

private:
  /// A change of one agent that is decided and not yet on the disk.
  struct decision {
    std::uint64_t number = 0;
    known_agent agent;
    std::vector<op_ptr> losers; ///< Refused because of it; told when it is on the disk.
  };

  // Life and loading: directory.cpp
  void reload();
  void load();
  void loaded(const agents_loaded& note);
  void rebuild(const std::vector<domain::agent>& stored);
  void handle(op_ptr what);
  void serve(op_ptr what);
  void committed(const agents_committed& note);
  void flush();

  // Changes: directory_changes.cpp
  void register_one(op_of<register_agent>& what, std::optional<bool> holds_reservations);
  void check_holds(op_of<register_agent>& what, const std::string& agent_id);
  void holds_checked(const session_checked& note);
  void patch(op_of<patch_metadata>& what);
  void set(op_of<set_policy>& what);
  void set(op_of<actors::set_contact>& what);
  void retire(op_of<retire_agent>& what);
  /// Logs a change of one agent; `what` is refused when the log takes no more.
  template <class Request>
  [[nodiscard]] bool decide(op_of<Request>& what, domain::agent made, typename Request::reply told,
                            std::vector<storage::row_operation> operations, place taken);
  /// A place in the log for `what`, which is refused when there is none.
  template <class Request>
  [[nodiscard]] std::optional<place> admit(op_of<Request>& what) const;
  [[nodiscard]] std::string free_name(const std::string& project);

  // Reads: directory_reads.cpp
  void list(op_of<list_agents>& what) const;
  void get(op_of<get_agent>& what) const;
  void get(op_of<get_policy>& what) const;
  void list(op_of<list_contacts>& what) const;
  void beat(op_of<heartbeat>& what);
  /// `last_seen` of the agent is to be written.
  void note_beat(const std::string& agent_id);

  /// The agent as the changes decided so far leave it, if the caller may know of it; otherwise
  /// `what` is refused. The pointer lasts until the next decision or commit.
  template <class Request>
  [[nodiscard]] const known_agent* find_for(op_of<Request>& what) const;
  [[nodiscard]] const known_agent* current(const std::string& id) const;

  const services& deps_;
  storage::epoch epoch_ = 0;
  bool loading_ = true;
  std::deque<op_ptr> waiting_;   ///< While loading; bounded by their places.
  std::vector<op_ptr> hand_out_; ///< While loading: stored, but not yet in the snapshot.

  std::unordered_map<std::string, std::string> sessions_; ///< Committed: session to agent id.
  std::unordered_map<std::string, std::unordered_set<std::string>> names_; ///< By project.

  std::uint64_t decisions_ = 0;
  std::deque<decision> pending_;                                      ///< In order.
  std::unordered_map<std::string, std::uint64_t> tentative_sessions_; ///< To the decision.
  std::unordered_map<std::string, std::uint64_t> tentative_agents_;   ///< To the newest decision.

  std::set<std::string> beaten_; ///< Agents whose `last_seen` is to be written.
  bool flush_armed_ = false;
};

/// An agent as a new snapshot has it.
[[nodiscard]] known_agent known_from(domain::agent record);

} // namespace intermute::actors
