#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <memory>

/// Servers to measure ours by: what Beast, and a bare actor of our runtime, can do on this machine.
namespace intermute::bench {

/// What a yardstick server answers.
enum class yardstick_kind : std::uint8_t {
  hello, ///< 13 bytes of text: the least that a request can cost.
  page,  ///< A JSON text of fixed length, as an inbox page has.
  echo,  ///< The JSON object it was sent, numbered by an actor.
};

struct yardstick_server_options {
  yardstick_kind kind = yardstick_kind::hello;
  std::size_t threads = 1;    ///< Io threads, at least 1; all listen on the one port.
  std::size_t body_bytes = 0; ///< Length of a `page`; fewer than 2 count as 2.
};

/// Serves every path of `http://127.0.0.1:port()` as long as it lives.
class yardstick_server {
public:
  /// Listens on a free port and begins to serve.
  /// @throws boost::system::system_error  When it cannot listen.
  explicit yardstick_server(const yardstick_server_options& wanted);
  ~yardstick_server();

  [[nodiscard]] std::uint16_t port() const noexcept;

  /// Cuts all connections and joins the threads. Idempotent.
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

/// Serves until SIGTERM or SIGINT, or until stdin ends. Prints `ready on http://127.0.0.1:PORT`
/// and flushes. To be called before other threads are started.
/// @returns The exit code: 0, or 2 when it cannot listen.
int serve_yardstick(const yardstick_server_options& wanted);

/// As above, with another stdin and stdout.
int serve_yardstick(const yardstick_server_options& wanted, int in, std::ostream& out);

} // namespace intermute::bench
