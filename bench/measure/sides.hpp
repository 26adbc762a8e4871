#pragma once

#include "bench/load/driver.hpp"

#include <string>
#include <vector>

namespace intermute::bench {

/// How the sides of a comparison are measured.
struct measure_options {
  std::string server;      ///< Path of our server's program.
  std::string work_folder; ///< For database files; on a disk.
  std::string nats;        ///< Path of the NATS publisher; empty when it was not built.
  int rounds = 5;
  double seconds = 2.0; ///< Measured time of one side in one round.
  double warmup_seconds = 0.5;
};

/// The yardsticks and loads that floors and sweeps are made of. Each call starts a server of its
/// own on a new file, puts one load on it, and ends it. They throw std::runtime_error when a run
/// breaks a promise: a figure of wrong answers is worth nothing.
class sides {
public:
  explicit sides(measure_options with) : with_{std::move(with)} {}

  [[nodiscard]] const measure_options& with() const noexcept { return with_; }

  /// Requests per second of a bare Beast server that answers a fixed short text.
  [[nodiscard]] double hello(std::size_t connections);
  /// The same with a body as long as an inbox page of 20; measure `inbox()` first.
  [[nodiscard]] double fixed_page(std::size_t connections);
  /// Requests per second of JSON echoed through an actor.
  [[nodiscard]] double echo(std::size_t connections);
  /// Sends per second that the writer class applies alone, 64 in a batch, synced.
  [[nodiscard]] double writer_alone();
  /// Messages per second that NATS JetStream acknowledges; 0 when it cannot be measured.
  [[nodiscard]] double nats();

  /// Makes one run of our server with these settings.
  [[nodiscard]] run_result run(options load, const std::vector<std::string>& settings = {});
  /// Messages that are acknowledged per second.
  [[nodiscard]] double send(std::size_t connections, std::size_t projects = 1,
                            const std::vector<std::string>& settings = {});
  /// Pages of 20 messages per second.
  [[nodiscard]] double inbox(std::size_t connections);
  [[nodiscard]] double poll(std::size_t connections);
  /// Events per second that reach one of `sockets` sockets of one inbox.
  [[nodiscard]] double fanout(std::size_t sockets);
  /// The p50 of a POST in milliseconds, 20 a second, while each goes to that many sockets.
  [[nodiscard]] double post_latency(std::size_t sockets);
  /// The p99 from POST to socket in milliseconds, 20 a second, beside sockets that never read.
  [[nodiscard]] double push_latency(std::size_t stuck);
  /// The highest rate of a fleet of 200 agents in 8 projects with a p99 below 50 ms.
  [[nodiscard]] double fleet();

private:
  [[nodiscard]] options base(workload work, std::size_t connections) const;
  /// Twenty events in a second to that many sockets of one inbox.
  [[nodiscard]] options steady_fanout(std::size_t sockets) const;
  [[nodiscard]] double yardstick(const std::string& kind, options load, std::size_t body_bytes);

  measure_options with_;
  std::size_t page_bytes_ = 0;
};

} // namespace intermute::bench
