#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

#include <deque>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace intermute::actors {

/// The actor of all identities. It judges registrations on its tentative state, publishes the
/// committed ones as a snapshot, and keeps heartbeats in memory, written out once a second.
class directory final : public bounded<directory_actor::base> {
public:
  directory(caf::actor_config& config, cell_ptr address, const services& deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "directory"; }

private:
  /// A registration that is decided and not yet on the disk.
  struct decision {
    std::uint64_t number = 0;
    known_agent agent;
    std::vector<op_ptr> losers; ///< Refused because of it; told when it is on the disk.
  };

  void reload();
  void load();
  void loaded(const agents_loaded& note);
  void rebuild(const std::vector<domain::agent>& stored);
  void handle(op_ptr what);
  void serve(op_ptr what);
  void register_one(op_of<register_agent>& what);
  void decide(op_of<register_agent>& what, domain::agent made, place taken);
  [[nodiscard]] std::string free_name(const std::string& project);
  void list(op_of<list_agents>& what) const;
  void get(op_of<get_agent>& what) const;
  void beat(op_of<heartbeat>& what);
  void committed(const agents_committed& note);
  void flush();

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

  std::set<std::string> beaten_; ///< Agents whose `last_seen` is to be written.
  bool flush_armed_ = false;
};

} // namespace intermute::actors
