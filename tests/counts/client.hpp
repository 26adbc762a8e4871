#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::tests::counts {

struct answer {
  int status = 0;
  std::string body;
};

/// A connection that is kept, and waits for each answer. A whole request goes out in one piece. The
/// test fails when the connection does.
class client {
public:
  explicit client(std::uint16_t port);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  void send(std::string_view request);
  [[nodiscard]] answer read();
  [[nodiscard]] answer ask(std::string_view request) {
    send(request);
    return read();
  }

private:
  /// Takes everything up to `end` and behind it off what has come; waits for it.
  std::string take_to(std::string_view end);
  std::string take(std::size_t size);
  void receive();

  int socket_;
  std::string come_;
};

/// The text member `name` of a JSON object that holds no such text elsewhere.
[[nodiscard]] std::string member(const answer& of, std::string_view name);

} // namespace intermute::tests::counts
