#pragma once

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace intermute::tests {

/// One answer as it came.
struct raw_answer {
  int status = 0;
  std::map<std::string, std::string> headers; ///< Names in lower case.
  std::string body;
};

/// A blocking socket that says anything and reads answers one by one. Fails the test when nothing
/// comes for ten seconds.
class raw_client {
public:
  explicit raw_client(std::uint16_t port, int receive_buffer = 0) {
    open(AF_INET);
    if (receive_buffer > 0)
      ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
    const int one = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  /// By the Unix socket at `path`.
  explicit raw_client(const std::string& path) {
    open(AF_UNIX);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(static_cast<char*>(to.sun_path), sizeof to.sun_path - 1);
    REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  }
  ~raw_client() { ::close(socket_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  raw_client& send(std::string_view text) {
    while (!text.empty()) { // Ends: each round sends something or gives up.
      const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0)
        break; // The server has hung up; what it said can still be read.
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return *this;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  /// The next answer. @param has_body  False for the answer to a HEAD.
  raw_answer read(bool has_body = true) {
    raw_answer got;
    const auto head = take(until("\r\n\r\n"));
    got.status = std::atoi(head.substr(9, 3).c_str());
    for (auto line = head.find("\r\n"); line + 4 < head.size(); line = head.find("\r\n", line + 2))
      add_header(got, head.substr(line + 2, head.find("\r\n", line + 2) - line - 2));
    if (has_body && got.headers.contains("content-length"))
      got.body = take(static_cast<std::size_t>(std::stoul(got.headers["content-length"])));
    return got;
  }
  raw_answer exchange(std::string_view text) { return send(text).read(); }

  /// Exactly `size` bytes.
  std::string take(std::size_t size) {
    while (data_.size() < size) // Ends: more comes, or the test fails.
      REQUIRE(more());
    auto taken = data_.substr(0, size);
    data_.erase(0, size);
    return taken;
  }
  /// All that comes until the server closes.
  std::string read_to_end() {
    while (more()) // Ends: the server closes, or nothing comes for ten seconds.
      ;
    return std::exchange(data_, {});
  }
  /// True if the server closes without another word.
  bool is_closed() { return read_to_end().empty() && closed_; }

private:
  void open(int family) {
    socket_ = ::socket(family, SOCK_STREAM, 0);
    REQUIRE(socket_ >= 0);
    const timeval patience{10, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  static void add_header(raw_answer& to, const std::string& line) {
    const auto colon = line.find(':');
    auto name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    to.headers[name] = line.substr(colon + 2);
  }
  std::size_t until(std::string_view end) {
    while (data_.find(end) == std::string::npos) { // Ends: more comes, or the test fails.
      INFO("so far: " << data_);
      REQUIRE(more());
    }
    return data_.find(end) + end.size();
  }
  bool more() {
    std::array<char, 65'536> piece{};
    const auto got = ::recv(socket_, piece.data(), piece.size(), 0);
    closed_ = got == 0;
    if (got <= 0)
      return false;
    data_.append(piece.data(), static_cast<std::size_t>(got));
    return true;
  }

  int socket_ = -1;
  std::string data_;
  bool closed_ = false;
};

/// A request with `Host` and, if there is a body, its length.
inline std::string request_text(const std::string& line, const std::string& body = {},
                                const std::string& headers = {}) {
  std::string text = line + " HTTP/1.1\r\nHost: localhost\r\n" + headers;
  if (!body.empty())
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text + "\r\n" + body;
}

} // namespace intermute::tests
