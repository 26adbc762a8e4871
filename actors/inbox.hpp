#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

#include <deque>
#include <string>
#include <vector>

namespace intermute::actors {

/// The actor of one agent's inbox in one project: the newest committed entries in memory, the
/// counts of all of them. Older pages come from the reader pool.
class inbox final : public bounded<inbox_actor::base> {
public:
  inbox(caf::actor_config& config, cell_ptr address, const services& deps, std::string project,
        std::string agent);
  ~inbox() override;

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "inbox"; }

private:
  void load();
  void loaded(const inbox_loaded& note);
  void handle(op_ptr what);
  void serve(op& what);
  void read(op_of<read_inbox>& what);
  void apply(inbox_update& update);
  void apply(domain::inbox_entry entry);
  void apply(const inbox_update::marked& mark);
  void apply(const domain::message_ptr& replaced);
  void append(domain::inbox_entry entry);
  void trim();
  [[nodiscard]] bool page(const domain::inbox_query& wanted, inbox_page& into) const;

  const services& deps_;
  const std::string project_;
  const std::string agent_;

  bool loading_ = false;
  std::uint64_t load_ = 0;               ///< Number of the newest load.
  std::vector<op_ptr> waiting_;          ///< While loading; bounded by their places.
  std::vector<inbox_update_ptr> missed_; ///< While loading; bounded by their places.

  std::deque<domain::inbox_entry> tail_; ///< Ascending.
  cursor floor_ = 0;                     ///< Every entry above this cursor is in `tail_`.
  cursor high_water_ = 0; ///< Everything up to here was in the snapshot that was loaded.
  domain::inbox_counts counts_;
  std::int64_t bytes_ = 0; ///< Of `tail_`, as told to the budget.
};

} // namespace intermute::actors
