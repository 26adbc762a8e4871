#pragma once

#include "bench/load/ledger.hpp"
#include "bench/load/request_plan.hpp"
#include "bench/load/tally.hpp"

#include <memory>
#include <string_view>

namespace intermute::bench {

class hold_book;
class send_times;

/// A request that is ready to be written.
struct ready_request {
  std::string_view bytes; ///< Valid until the next call of `requester::next()`.
  operation what = operation::health;
};

/// What one connection asks for, one request after the other, and what it learns from the answers.
/// Lives on the thread of its connection.
class requester {
public:
  virtual ~requester() = default;

  /// Returns the next request. Called once the answer of the one before is in, or was given up.
  /// @param due  When it should have been sent.
  [[nodiscard]] virtual ready_request next(bench_clock::time_point due) = 0;
  /// Takes the answer of the last request.
  /// @param broken  Gets what the answer shows of promises that were not kept.
  virtual void answered(const response& answer, violations& broken) = 0;
  /// The last request will have no answer: whether it was carried out is not known.
  virtual void lost() {}

  /// The messages it sent, for the audit; null when it sends none.
  [[nodiscard]] virtual const ledger* sent() const { return nullptr; }
};

/// What the requesters of a run share; outlives them.
struct shared_books {
  const request_plan& plan;
  hold_book& holds;
  send_times* times = nullptr; ///< Of `ws-fanout`.
};

/// Makes what the connection of that index asks for in the run's workload.
[[nodiscard]] std::unique_ptr<requester> make_requester(const shared_books& shared,
                                                        std::size_t connection);

} // namespace intermute::bench
