#include "bench/yardsticks/fixed_connection.hpp"

#include <algorithm>
#include <utility>

namespace intermute::bench::yardsticks {

namespace asio = boost::asio;

namespace {

constexpr std::string_view close_line = "Connection: close\r\n";

std::string answer_of(std::string_view status, std::string_view type, std::string_view line,
                      std::string_view body) {
  std::string text{"HTTP/1.1 "};
  text.append(status).append("\r\nContent-Type: ").append(type).append("\r\nContent-Length: ");
  return text.append(std::to_string(body.size()))
    .append("\r\n")
    .append(line)
    .append("\r\n")
    .append(body);
}

} // namespace

fixed_answers::fixed_answers(std::string_view type, std::string_view body)
  : usual{answer_of("200 OK", type, {}, body)}, last{answer_of("200 OK", type, close_line, body)},
    refusal{answer_of("400 Bad Request", "text/plain", close_line, "This is not HTTP/1.1.\n")} {}

fixed_connection::fixed_connection(tcp_socket socket, const fixed_answers& answers)
  : served_connection{std::move(socket)}, answers_{answers} {}

void fixed_connection::take(std::string&, bool is_last) {
  if (is_last)
    last_ = &answers_.last;
  else
    ++owed_;
}

std::span<const asio::const_buffer> fixed_connection::unsent() {
  std::size_t count = 0;
  for (; count < owed_; ++count)
    pieces_[count] = asio::buffer(answers_.usual);
  if (last_ != nullptr)
    pieces_[count++] = asio::buffer(*last_);
  pieces_.front() += count > 0 ? offset_ : 0;
  return {pieces_.data(), count};
}

void fixed_connection::sent(std::size_t bytes) {
  offset_ += bytes;
  const auto whole = std::min(owed_, offset_ / answers_.usual.size());
  owed_ -= whole;
  offset_ -= whole * answers_.usual.size();
  if (owed_ > 0 || last_ == nullptr || offset_ < last_->size())
    return;
  last_ = nullptr;
  offset_ = 0;
}

} // namespace intermute::bench::yardsticks
