#pragma once

#include "actors/bounded.hpp"
#include "actors/messages.hpp"
#include "actors/services.hpp"

#include <string>

namespace intermute::actors {

/// The actor of one project: judges what changes its messages and logs it.
///
/// It keeps nothing that could disagree with the disk: whether a client's message id is new, and
/// whether a mark is the first, are conditions that the writer tests inside the transaction.
class project final : public bounded<project_actor::base> {
public:
  project(caf::actor_config& config, cell_ptr address, const services& deps);

  behavior_type make_behavior() override;
  [[nodiscard]] const char* name() const override { return "project"; }

private:
  void handle(op& what);
  void send(op_of<send_message>& what);
  void mark(op_of<mark_message>& what);

  const services& deps_;
  storage::epoch epoch_;
};

} // namespace intermute::actors
