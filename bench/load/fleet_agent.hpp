#pragma once

#include "bench/load/hold_keeper.hpp"
#include "bench/load/message_log.hpp"
#include "bench/load/requester.hpp"

#include <cstdint>
#include <deque>
#include <string>

namespace intermute::bench {

/// What one agent of a fleet does all day. Of 200 requests about 100 poll, 30 are heartbeats, 30
/// send, 19 acknowledge what came, 20 reserve or release a file that others want too, and one
/// registers another agent. Where there is nothing to acknowledge it polls.
class fleet_agent final : public requester {
public:
  fleet_agent(const request_plan& plan, std::size_t connection, hold_book& holds);

  ready_request next(bench_clock::time_point due) override;
  void answered(const response& answer, violations& broken) override;
  void lost() override;
  const ledger* sent() const override { return &messages_.entries(); }

private:
  ready_request poll();
  ready_request acknowledge();
  ready_request hold();
  void take_page(const response& answer, violations& broken);

  const request_plan& plan_;
  std::size_t connection_;
  std::size_t project_;
  message_log messages_;
  hold_keeper keeper_;
  std::string heartbeat_;
  std::string enlist_;
  std::string text_;
  std::uint64_t cursor_ = 0;           ///< What was polled up to.
  std::deque<std::string> to_confirm_; ///< Messages that came and are not acknowledged.
  std::uint64_t turn_ = 0;
  operation asked_ = operation::poll;
};

} // namespace intermute::bench
