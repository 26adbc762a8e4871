#pragma once

#include "actors/change_log.hpp"

namespace intermute::actors {

/// A registration on its way to the disk; the directory swaps the snapshot before it is answered.
class register_context final : public write_context {
public:
  register_context(cell_ptr owner, op_ptr request, std::uint64_t decision, registered reply)
    : write_context(std::move(owner), std::move(request)), decision_(decision),
      reply_(std::move(reply)) {}
  void committed(storage::change& what, publication& out) override;

private:
  std::uint64_t decision_;
  registered reply_;
};

/// Heartbeats on their way to the disk. Losing them is allowed: the next ones write again.
class beat_context final : public write_context {
public:
  explicit beat_context(cell_ptr owner) : write_context(std::move(owner), nullptr) {}
  void committed(storage::change&, publication&) override {}
};

} // namespace intermute::actors
