#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace intermute::bench {

/// What the connections of one run ask for.
enum class workload : std::uint8_t {
  health,
  send,
  inbox,
  poll,
  mixed,
  heartbeat,
  reserve,
  check,
  fleet,
  ws_fanout,
};
inline constexpr std::size_t workloads = 10;

/// What one request does; a workload uses one of them or draws from several.
enum class operation : std::uint8_t {
  health,
  send,
  inbox,
  poll,
  heartbeat,
  reserve,
  release,
  check,
  ack,
  enlist, ///< Registers an agent. (`register` is a word of the language.)
};
inline constexpr std::size_t operations = 10;

[[nodiscard]] const char* to_string(workload value) noexcept;
[[nodiscard]] const char* to_string(operation value) noexcept;

/// Where a server listens. Only `http://host:port` is understood.
struct server_address {
  std::string host;
  std::string port;

  /// Returns what belongs into the header `Host`.
  [[nodiscard]] std::string authority() const { return host + ":" + port; }
};

/// How the requests of an open loop follow each other.
enum class arrivals : std::uint8_t {
  poisson, ///< Independent of each other, as those of many agents are.
  even,    ///< One every 1/rate seconds.
};

/// One run, as the command line or a scenario gives it. The comments name unit and range.
struct options {
  std::string name; ///< Of the run in reports; the workload when not given.
  server_address server;
  std::string key; ///< Sent as a bearer key when not empty.
  workload work = workload::health;
  std::size_t threads = 1;      ///< 1 to 64 io threads.
  std::size_t connections = 64; ///< 1 to 9999, spread over the threads.
  double rate = 0;              ///< Requests per second in all, in open loop; 0 for closed loop.
  arrivals arrive = arrivals::poisson;
  double seconds = 5.0;         ///< Length of the measured part; unused with `count`.
  double warmup_seconds = 1.0;  ///< Runs before it and is not measured; 0 with `count`.
  std::uint64_t count = 0;      ///< Requests in all, then stop; 0 goes by time.
  std::size_t recipients = 64;  ///< Inboxes per project, 1 to 9999.
  std::size_t fanout = 1;       ///< Recipients of one message, 1 to `recipients`.
  std::size_t projects = 1;     ///< 1 to 999; connection n works in project n mod `projects`.
  double zipf = 0;              ///< Skew of the choice of recipients and files, 0 (none) to 4.
  std::size_t holds = 0;        ///< Live reservations that `reserve` and `check` find, to 100,000.
  std::size_t sockets = 1000;   ///< WebSockets of `ws-fanout`, 1 to 20,000.
  std::size_t stuck = 0;        ///< More of them that never read, 0 to 1000.
  bool singles = false;         ///< `ws-fanout` sends each event to one socket instead of all.
  std::size_t body_bytes = 300; ///< Length of a message body, 0 to 1,000,000.
  std::size_t limit = 50;       ///< Messages per inbox page, 1 to 1000.
  double answer_seconds = 10.0; ///< An answer that takes longer counts as missing.
  int pid = 0;                  ///< Server process to watch; 0 for none.
  bool verify = true;           ///< Read everything back that was accepted.
  bool plain_refusals = false;  ///< The server is not ours: refusals need not name a mailbox.
};

} // namespace intermute::bench
