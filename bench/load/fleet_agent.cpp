#include "bench/load/fleet_agent.hpp"

#include "bench/load/blocking_client.hpp"

#include <stdexcept>

namespace intermute::bench {

namespace {

/// An agent that is behind forgets what it wanted to acknowledge beyond this.
constexpr std::size_t to_confirm_max = 1'000;

} // namespace

fleet_agent::fleet_agent(const request_plan& plan, std::size_t connection, hold_book& holds)
  : plan_{plan}, connection_{connection}, project_{plan.project_of(connection)},
    messages_{plan, connection}, keeper_{plan, connection, holds},
    heartbeat_{plan.with_body("POST", "/api/agents/" + plan.sender(connection) + "/heartbeat", {})},
    enlist_{plan.register_request(project_, "load-visitor")} {}

ready_request fleet_agent::next(bench_clock::time_point) {
  const auto draw = spread_bits(spread_bits(connection_ + 7) ^ turn_++) % 200;
  if (draw < 100)
    return poll();
  if (draw < 130)
    return {heartbeat_, asked_ = operation::heartbeat};
  if (draw < 160)
    return {messages_.next(), asked_ = operation::send};
  if (draw < 179)
    return acknowledge();
  if (draw < 199)
    return hold();
  return {enlist_, asked_ = operation::enlist};
}

ready_request fleet_agent::poll() {
  text_ = plan_.inbox_request(project_, plan_.sender(connection_), cursor_, plan_.run().limit);
  return {text_, asked_ = operation::poll};
}

ready_request fleet_agent::acknowledge() {
  if (to_confirm_.empty())
    return poll();
  text_ = plan_.with_body("POST", "/api/messages/" + to_confirm_.front() + "/ack",
                          R"({"agent":")" + plan_.sender(connection_) + R"("})",
                          plan_.sender(connection_));
  to_confirm_.pop_front();
  return {text_, asked_ = operation::ack};
}

ready_request fleet_agent::hold() {
  if (keeper_.is_holding())
    return {keeper_.release(), asked_ = operation::release};
  return {keeper_.reserve(plan_.file_of({connection_, turn_})), asked_ = operation::reserve};
}

void fleet_agent::answered(const response& answer, violations& broken) {
  switch (asked_) {
  case operation::send: return messages_.answered(answer, broken);
  case operation::reserve:
  case operation::release: return keeper_.answered(answer, broken);
  case operation::poll: return take_page(answer, broken);
  default: return;
  }
}

void fleet_agent::take_page(const response& answer, violations& broken) {
  if (answer.status != 200 || cursor_of(answer.body) == cursor_)
    return;
  try {
    const auto page = parse_inbox_page(answer);
    for (const auto& entry : page.entries) {
      if (entry.cursor <= cursor_)
        broken.add("poll out of order", entry.id + " at " + std::to_string(entry.cursor));
      cursor_ = entry.cursor;
      if (to_confirm_.size() < to_confirm_max)
        to_confirm_.push_back(entry.id);
    }
    cursor_ = std::max(cursor_, page.cursor);
  } catch (const std::runtime_error& failure) {
    broken.add("poll corrupt", failure.what());
  }
}

void fleet_agent::lost() {
  if (asked_ == operation::reserve || asked_ == operation::release)
    keeper_.lost();
}

} // namespace intermute::bench
