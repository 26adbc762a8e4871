#include "tests/counts/client.hpp"

#include <arpa/inet.h>
#include <catch2/catch.hpp>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace intermute::tests::counts {

client::client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  REQUIRE(socket_ >= 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  REQUIRE(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const timeval patience{60, 0}; // A ceiling, never a measure.
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

client::~client() { ::close(socket_); }

void client::send(std::string_view request) {
  const auto sent = ::send(socket_, request.data(), request.size(), MSG_NOSIGNAL);
  REQUIRE(sent == static_cast<ssize_t>(request.size()));
}

answer client::read() {
  constexpr std::string_view length = "\r\nContent-Length: ";
  const auto head = take_to("\r\n\r\n");
  answer got;
  got.status = std::atoi(head.c_str() + head.find(' '));
  if (const auto at = head.find(length); at != std::string::npos)
    got.body = take(std::strtoul(head.c_str() + at + length.size(), nullptr, 10));
  return got;
}

std::string client::take_to(std::string_view end) {
  while (come_.find(end) == std::string::npos) // Ends: more comes, or the test fails.
    receive();
  return take(come_.find(end) + end.size());
}

std::string client::take(std::size_t size) {
  while (come_.size() < size) // Ends: more comes, or the test fails.
    receive();
  auto taken = come_.substr(0, size);
  come_.erase(0, size);
  return taken;
}

void client::receive() {
  std::array<char, 65'536> buffer; // NOLINT: what is used of it was received.
  const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
  REQUIRE(size > 0);
  come_.append(buffer.data(), static_cast<std::size_t>(size));
}

std::string member(const answer& of, std::string_view name) {
  const auto begin = '"' + std::string{name} + "\":\"";
  const auto at = of.body.find(begin);
  INFO(of.body);
  REQUIRE(at != std::string::npos);
  const auto from = at + begin.size();
  return of.body.substr(from, of.body.find('"', from) - from);
}

} // namespace intermute::tests::counts
