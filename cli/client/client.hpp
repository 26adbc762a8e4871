#pragma once

#include "cli/client/url.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace intermute::cli::client {

/// As whom requests are sent; what is empty is not sent. No text may hold a control character.
struct identity {
  std::string api_key;
  std::string agent;
  std::string agent_token;
};

/// How a call ended.
enum class outcome : std::uint8_t {
  answered,    ///< There is an answer; look at its status.
  interrupted, ///< The user wants to go: SIGINT or SIGTERM came.
  lost,        ///< No answer: not reachable, too late, or closed.
};

/// What came back from a server.
struct answer {
  outcome how = outcome::lost;
  unsigned status = 0; ///< Of HTTP; 101 for a WebSocket that is open. 0 unless answered.
  std::string body;    ///< Or the text of an event.
  std::string date;    ///< The header `Date`.
  bool replay = false; ///< Whether `Idempotent-Replay: true` was sent.
  std::string why;     ///< What was lost, as a part of a sentence.

  [[nodiscard]] bool is(unsigned wanted) const {
    return how == outcome::answered && status == wanted;
  }
};

/// One request; the prefix of the server's URL is put before `target`.
struct request {
  std::string method;
  std::string target; ///< "/api/agents?project=a", percent-encoded.
  std::string body;   ///< JSON, or empty.
  std::string agent;  ///< Acts instead of the identity's agent, unless empty.
  std::string agent_token;
};

/// A small blocking client of one server: requests, and one WebSocket. Waits ten seconds at most
/// for each step of a call, the lookup of a name aside. To be used by one thread.
class client {
public:
  /// @param catch_signals  Whether SIGINT and SIGTERM end calls as `interrupted` instead of ending
  ///                       the process. All calls after the first such one return at once.
  client(endpoint server, identity who, bool catch_signals);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  [[nodiscard]] const endpoint& server() const noexcept;

  /// Sends one request on a connection of its own; lost when it takes more than ten seconds.
  [[nodiscard]] answer call(const request& what);

  /// Opens the WebSocket, and closes the one that was open before. Status 101 when it is open, else
  /// what the server said instead.
  [[nodiscard]] answer open_socket(const std::string& target);

  /// The next text message of the open WebSocket. Waits as long as the server is there: it is
  /// pinged, and lost when it is silent for more than a minute.
  [[nodiscard]] answer receive();

  /// Waits. @returns False when interrupted.
  [[nodiscard]] bool wait(std::chrono::milliseconds time);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace intermute::cli::client
