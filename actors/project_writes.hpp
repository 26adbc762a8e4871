#pragma once

#include "actors/change_log.hpp"
#include "actors/requests.hpp"

namespace intermute::actors {

/// A message on its way to the disk, and what its sender is told.
class send_context final : public write_context {
public:
  /// @param reply  Complete but for the cursor and whether it was a repeat.
  send_context(cell_ptr owner, op_ptr request, sent reply)
    : write_context(std::move(owner), std::move(request)), reply_(std::move(reply)) {}
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;

private:
  sent reply_;
};

/// A read or ack on its way to the disk.
class mark_context final : public write_context {
public:
  using write_context::write_context;
  void committed(storage::change& what, publication& out) override;
  void rejected(storage::change& what, publication& out) override;
};

} // namespace intermute::actors
