#pragma once

#include "actors/address_book.hpp"
#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

namespace intermute::actors {

/// Starts the tables of all projects with reservations, so that these expire in time although
/// nobody asks for them: when the server begins, and every minute for those that could not be
/// started (the memory may have been full).
class sweeper final : public bounded<sweeper_actor::base> {
public:
  sweeper(caf::actor_config& config, cell_ptr address, const services& deps, address_book& book);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "sweeper"; }

private:
  void look();

  const services& deps_;
  address_book& book_;
};

} // namespace intermute::actors
