#include "bench/load/fleet_agent.hpp"
#include "bench/load/hold_keeper.hpp"
#include "bench/load/message_log.hpp"
#include "bench/load/requester.hpp"
#include "bench/load/send_times.hpp"

#include <array>
#include <vector>

namespace intermute::bench {

namespace {

/// Asks one of a few prepared questions in turn.
class reads final : public requester {
public:
  reads(operation what, std::vector<std::string> texts, std::size_t first)
    : what_{what}, texts_{std::move(texts)}, turn_{first} {}

  ready_request next(bench_clock::time_point) override {
    return {texts_[turn_++ % texts_.size()], what_};
  }
  void answered(const response&, violations&) override {}

private:
  operation what_;
  std::vector<std::string> texts_;
  std::size_t turn_;
};

class sends final : public requester {
public:
  sends(const request_plan& plan, std::size_t connection) : log_{plan, connection} {}

  ready_request next(bench_clock::time_point) override { return {log_.next(), operation::send}; }
  void answered(const response& answer, violations& broken) override {
    log_.answered(answer, broken);
  }
  const ledger* sent() const override { return &log_.entries(); }

private:
  message_log log_;
};

/// Sends, and notes when each message was due for those that hear of it.
class timed_sends final : public requester {
public:
  timed_sends(const request_plan& plan, std::size_t connection, send_times& times)
    : log_{plan, connection}, connection_{connection}, times_{times} {}

  ready_request next(bench_clock::time_point due) override {
    const auto bytes = log_.next();
    times_.set({connection_, log_.entries().size() - 1}, due);
    return {bytes, operation::send};
  }
  void answered(const response& answer, violations& broken) override {
    log_.answered(answer, broken);
  }
  const ledger* sent() const override { return &log_.entries(); }

private:
  message_log log_;
  std::size_t connection_;
  send_times& times_;
};

/// Reserves a file of its own and gives it back.
class reserves final : public requester {
public:
  reserves(const request_plan& plan, std::size_t connection, hold_book& holds)
    : keeper_{plan, connection, holds} {}

  ready_request next(bench_clock::time_point) override {
    if (keeper_.is_holding())
      return {keeper_.release(), operation::release};
    // Four files in turn that no other connection asks for.
    const auto first = (connection() / keeper_.plan().run().projects) * 4;
    return {keeper_.reserve(first + turn_++ % 4), operation::reserve};
  }
  void answered(const response& answer, violations& broken) override {
    keeper_.answered(answer, broken);
  }
  void lost() override { keeper_.lost(); }

private:
  [[nodiscard]] std::size_t connection() const { return keeper_.connection(); }

  hold_keeper keeper_;
  std::uint64_t turn_ = 0;
};

/// Of ten requests six poll, two send, one reads a page and one asks for health: what a fleet does
/// most is to look for news.
class mixture final : public requester {
public:
  mixture(std::unique_ptr<requester> poll, std::unique_ptr<requester> page,
          std::unique_ptr<requester> health, std::unique_ptr<requester> send, std::size_t first)
    : poll_{std::move(poll)}, page_{std::move(page)}, health_{std::move(health)},
      send_{std::move(send)}, turn_{first} {}

  ready_request next(bench_clock::time_point due) override {
    requester* const p = poll_.get();
    requester* const s = send_.get();
    const std::array cycle{p, p, s, p, page_.get(), p, p, s, p, health_.get()};
    asked_ = cycle[turn_++ % cycle.size()];
    return asked_->next(due);
  }
  void answered(const response& answer, violations& broken) override {
    asked_->answered(answer, broken);
  }
  const ledger* sent() const override { return send_->sent(); }

private:
  std::unique_ptr<requester> poll_;
  std::unique_ptr<requester> page_;
  std::unique_ptr<requester> health_;
  std::unique_ptr<requester> send_;
  requester* asked_ = nullptr;
  std::size_t turn_;
};

/// One text per inbox of the connection's project, or per Zipf draw when the run is skewed.
template <class Make>
std::vector<std::string> per_inbox(const request_plan& plan, std::size_t connection, Make make) {
  const options& run = plan.run();
  std::vector<std::string> texts;
  if (run.zipf == 0) {
    for (std::size_t i = 0; i < run.recipients; ++i)
      texts.push_back(make(i));
    return texts;
  }
  constexpr std::size_t draws = 256;
  for (std::size_t i = 0; i < draws; ++i)
    texts.push_back(make(plan.recipient_of({connection, i}, 0)));
  return texts;
}

std::unique_ptr<requester> pages(const request_plan& plan, std::size_t connection, operation what) {
  const auto project = plan.project_of(connection);
  auto texts = per_inbox(plan, connection, [&](std::size_t inbox) {
    return plan.inbox_request(project, plan.recipient(project, inbox),
                              what == operation::poll ? plan.newest(project, inbox) : 0,
                              plan.run().limit);
  });
  return std::make_unique<reads>(what, std::move(texts), connection);
}

std::unique_ptr<requester> checks(const request_plan& plan, std::size_t connection) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 256; ++i)
    texts.push_back(
      plan.check_request(plan.project_of(connection), plan.file(plan.file_of({connection, i}))));
  return std::make_unique<reads>(operation::check, std::move(texts), connection);
}

std::unique_ptr<requester> one_text(operation what, std::string text) {
  return std::make_unique<reads>(what, std::vector{std::move(text)}, 0);
}

} // namespace

std::unique_ptr<requester> make_requester(const shared_books& shared, std::size_t connection) {
  const request_plan& plan = shared.plan;
  switch (plan.run().work) {
  case workload::health: return one_text(operation::health, plan.get("/health"));
  case workload::inbox: return pages(plan, connection, operation::inbox);
  case workload::poll: return pages(plan, connection, operation::poll);
  case workload::heartbeat:
    return one_text(
      operation::heartbeat,
      plan.with_body("POST", "/api/agents/" + plan.sender(connection) + "/heartbeat", {}));
  case workload::reserve: return std::make_unique<reserves>(plan, connection, shared.holds);
  case workload::check: return checks(plan, connection);
  case workload::fleet: return std::make_unique<fleet_agent>(plan, connection, shared.holds);
  case workload::mixed:
    return std::make_unique<mixture>(pages(plan, connection, operation::poll),
                                     pages(plan, connection, operation::inbox),
                                     one_text(operation::health, plan.get("/health")),
                                     std::make_unique<sends>(plan, connection), connection);
  case workload::ws_fanout: return std::make_unique<timed_sends>(plan, connection, *shared.times);
  case workload::send: break;
  }
  return std::make_unique<sends>(plan, connection);
}

} // namespace intermute::bench
