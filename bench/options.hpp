#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace intermute::bench {

/// What the connections of one run ask for.
enum class workload : std::uint8_t { health, send, inbox, poll, mixed };

/// What one request does; `mixed` draws from all of them, the others use one.
enum class operation : std::uint8_t { health, send, inbox, poll };
inline constexpr std::size_t operations = 4;

[[nodiscard]] const char* to_string(workload value) noexcept;
[[nodiscard]] const char* to_string(operation value) noexcept;

/// Where a server listens. Only `http://host:port` is understood.
struct server_address {
  std::string host;
  std::string port;

  /// Returns what belongs into the header `Host`.
  [[nodiscard]] std::string authority() const { return host + ":" + port; }
};

/// One run, as the command line gives it. The comments name unit and range.
struct options {
  server_address server;
  workload work = workload::health;
  std::size_t threads = 1;      ///< 1 to 64 io threads.
  std::size_t connections = 64; ///< 1 to 9999, spread over the threads.
  double seconds = 5.0;         ///< Length of the measured part; unused with `count`.
  double warmup_seconds = 1.0;  ///< Runs before it and is not measured; 0 with `count`.
  std::uint64_t count = 0;      ///< Requests in all, then stop; 0 goes by time.
  std::size_t recipients = 64;  ///< Inboxes per project, 1 to 9999.
  std::size_t fanout = 1;       ///< Recipients of one message, 1 to `recipients`.
  std::size_t projects = 1;     ///< 1 to 999; connection n works in project n mod `projects`.
  std::size_t body_bytes = 300; ///< Length of a message body, 0 to 1,000,000.
  std::size_t limit = 50;       ///< Messages per inbox page, 1 to 1000.
  double answer_seconds = 10.0; ///< An answer that takes longer counts as missing.
  int pid = 0;                  ///< Server process to watch; 0 for none.
  bool verify = false;          ///< Read everything back that was accepted.
  bool json = false;            ///< One JSON object instead of the table.
};

/// What the command line asks for: a run, or to leave at once.
struct parsed_options {
  options run;
  bool leave = false; ///< Help was printed, or an error was.
  int exit_code = 0;  ///< Only with `leave`: 0 after help, 2 after an error.
};

/// Reads the command line; prints help and errors itself.
[[nodiscard]] parsed_options parse_options(int argc, char** argv);

} // namespace intermute::bench
