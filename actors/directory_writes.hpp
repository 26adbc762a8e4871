#pragma once

#include "actors/change_log.hpp"
#include "actors/requests.hpp"

#include <optional>

namespace intermute::actors {

/// A change of an agent on its way to the disk; the directory swaps the snapshot before it is
/// answered.
template <class Request>
class agent_context final : public replying<Request> {
public:
  agent_context(cell_ptr owner, op_ptr request, std::uint64_t decision,
                typename Request::reply told)
    : replying<Request>(std::move(owner), std::move(request)), decision_(decision),
      told_(std::move(told)) {}

  void committed(storage::change& what, publication& out) override {
    // Answered already (its client is gone) or not: the directory must hear of it either way.
    (void)this->asked().settle(std::move(told_));
    for (const auto& outcome : what.outcomes)
      if (const auto* ended = std::get_if<storage::end_reservations_outcome>(&outcome))
        out.end_reservations(*ended);
    out.tell_directory(this->owner(), {decision_, this->request()});
  }

  void rejected(storage::change& what, publication& out) override {
    if (Request::kind == op_kind::retire_agent
        && what.failure->code == base::errc::outcome_unknown) {
      out.doubt_reservations();
      out.add_gap();
    }
    write_context::rejected(what, out);
  }

protected:
  [[nodiscard]] std::optional<typename Request::reply>
  reply_to(const storage::change&) const override {
    return told_;
  }

private:
  std::uint64_t decision_;
  typename Request::reply told_;
};

/// Heartbeats on their way to the disk. Losing them is allowed: the next ones write again.
class beat_context final : public write_context {
public:
  explicit beat_context(cell_ptr owner) : write_context(std::move(owner), nullptr) {}
  void committed(storage::change&, publication&) override {}
};

} // namespace intermute::actors
