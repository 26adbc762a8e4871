#pragma once

#include "embed/intermute.hpp"
#include "tests/counts/client.hpp"
#include "tests/counts/counters.hpp"
#include "tests/counts/quiet.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::tests::counts {

/// What one request costs: the counters, and the commits that the server says it made.
using cost = std::array<double, counted_kinds + 1>;
inline constexpr std::array<std::string_view, std::tuple_size_v<cost>> cost_names{
  "allocations", "allocated_bytes", "c_allocations", "socket_calls", "event_calls",
  "file_calls",  "file_bytes",      "sync_calls",    "thread_wakes", "commits"};

/// A server with a file of its own in this process, and a client beside it.
///
/// Belongs to one thread, which is uncounted while this lives.
class stage {
public:
  stage();
  ~stage();

  /// A request of `agent` in the words of a usual client.
  [[nodiscard]] static std::string request(std::string_view agent, std::string_view method,
                                           std::string_view target, std::string_view body = {});

  /// Asks outside of what is measured. The test fails when the answer has another status.
  answer ask(std::string_view request, int status = 200);

  /// What `work` makes the server do until it is idle again.
  cost cost_of(const std::function<void()>& work);

  void wait_until_quiet() { threads_->wait_until_quiet(); }
  /// Waits until the server is idle but for that many changes that its writer was given and has not
  /// decided. The test fails when there are not as many after a minute.
  void wait_for_undecided(std::uint64_t changes);

  [[nodiscard]] std::uint16_t port() const { return server_->port(); }

private:
  [[nodiscard]] std::uint64_t commits() const;
  [[nodiscard]] std::uint64_t undecided() const;

  uncounted here_;
  std::filesystem::path folder_;
  std::shared_ptr<prometheus::Registry> metrics_;
  std::unique_ptr<server> server_;
  std::unique_ptr<client> client_;
  std::unique_ptr<other_threads> threads_;
};

} // namespace intermute::tests::counts
