#include "bench/load/listeners.hpp"

#include <algorithm>
#include <thread>

namespace intermute::bench {

listeners::listeners(const request_plan& plan, const boost::asio::ip::tcp::endpoint& server)
  : plan_{plan}, times_{plan.run().connections} {
  for (std::size_t i = 0; i < plan.run().sockets; ++i)
    sockets_.emplace_back(io_, plan, times_, heard_)
      .connect(server, i % plan.run().recipients, false);
  for (std::size_t i = 0; i < plan.run().stuck; ++i)
    stuck_.emplace_back(io_, plan, times_, heard_).connect(server, i % plan.run().recipients, true);
}

listeners::~listeners() { io_.stop(); }

void listeners::start(const window& measured) {
  heard_.measured = measured;
  for (auto& one : sockets_)
    one.hear();
  thread_ = std::jthread{[this] { io_.run(); }};
}

std::vector<listeners::expected> listeners::wanted(const std::vector<const ledger*>& sent) const {
  std::vector<expected> by_inbox(plan_.run().recipients);
  for (std::size_t connection = 0; connection < sent.size(); ++connection)
    for (std::uint64_t number = 0; number < sent[connection]->size(); ++number) {
      if (sent[connection]->is_refused(number))
        continue;
      auto& inbox = by_inbox[plan_.recipient_of({connection, number}, 0)];
      ++inbox.most;
      inbox.least += sent[connection]->cursor_of(number) != 0 ? 1 : 0;
    }
  return by_inbox;
}

void listeners::conclude(const std::vector<const ledger*>& sent, bench_clock::duration limit,
                         run_result& result) {
  const auto by_inbox = wanted(sent);
  const auto is_missing
    = [&](std::size_t i) { return sockets_[i].heard() < by_inbox[i % by_inbox.size()].least; };
  const auto until = bench_clock::now() + limit;
  for (std::size_t i = 0; i < sockets_.size(); ++i)
    while (is_missing(i) && bench_clock::now() < until) // Ends: by the clock.
      std::this_thread::sleep_for(std::chrono::milliseconds{5});
  io_.stop();
  thread_ = {};
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const auto& [least, most] = by_inbox[i % by_inbox.size()];
    const std::string counts = "socket " + std::to_string(i) + " heard "
                               + std::to_string(sockets_[i].heard()) + " of "
                               + std::to_string(least);
    if (is_missing(i))
      heard_.broken.add("push lost", counts);
    if (sockets_[i].heard() > most)
      heard_.broken.add("push of a message that was refused", counts);
  }
  result.counted.broken_promises.merge(heard_.broken);
  result.pushed = push_figures{heard_.in_window, heard_.latency_ns};
}

} // namespace intermute::bench
