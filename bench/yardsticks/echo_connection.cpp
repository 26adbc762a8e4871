#include "bench/yardsticks/echo_connection.hpp"

#include <rapidjson/writer.h>

#include <charconv>
#include <utility>

namespace intermute::bench::yardsticks {

namespace asio = boost::asio;

namespace {

// A client that sends without reading is not read from beyond this.
constexpr std::size_t unsent_max = 64 * 1024;

constexpr std::string_view not_http = R"({"error":"This is not HTTP/1.1."})";
constexpr std::string_view not_json = R"({"error":"The body is no JSON object."})";
constexpr std::string_view not_taken = R"({"error":"The actor does not take it."})";

/// The op of one request; it keeps the connection until it is answered.
class echo_op final : public actors::op_of<echo> {
public:
  echo_op(std::shared_ptr<echo_connection> from, actors::reply_sink& sink, actors::source_id source)
    : op_of{{}, sink, base::steady_time::max(), source}, from_{std::move(from)} {}

  void answered() override { std::exchange(from_, nullptr)->answered(outcome()); }

private:
  std::shared_ptr<echo_connection> from_; ///< Let go of on the connection's own thread.
};

} // namespace

echo_connection::echo_connection(tcp_socket socket, echo_shard& home, actors::source_id source)
  : served_connection{std::move(socket)}, home_{home}, source_{source} {}

void echo_connection::take(std::string& body, bool is_last) {
  is_last_ = is_last;
  auto& json = asked_.emplace().json;
  json.ParseInsitu(body.data()); // The body stays as it is until the answer.
  if (json.HasParseError() || !json.IsObject()) {
    asked_.reset();
    return append("400 Bad Request", not_json);
  }
  auto self = std::static_pointer_cast<echo_connection>(shared_from_this());
  home_.home.submit(actors::op_ptr{new echo_op{std::move(self), home_.sink, source_}});
}

void echo_connection::refuse() {
  is_last_ = true;
  append("400 Bad Request", not_http);
}

void echo_connection::answered(const base::result<echoed>& outcome) {
  if (outcome)
    write_echo(outcome->cursor);
  else
    append("503 Service Unavailable", not_taken);
  asked_.reset();
  advance();
}

void echo_connection::write_echo(std::uint64_t cursor) {
  home_.text.Clear();
  rapidjson::Writer<rapidjson::StringBuffer> writer{home_.text};
  writer.StartObject();
  for (const auto& member : asked_->json.GetObject()) {
    writer.Key(member.name.GetString(), member.name.GetStringLength());
    member.value.Accept(writer);
  }
  writer.Key("cursor");
  writer.Uint64(cursor);
  writer.EndObject();
  append("200 OK", {home_.text.GetString(), home_.text.GetSize()});
}

void echo_connection::append(std::string_view status, std::string_view json) {
  std::array<char, 20> digits; // NOLINT: written by to_chars
  const auto* const end
    = std::to_chars(digits.data(), digits.data() + digits.size(), json.size()).ptr;
  out_.append("HTTP/1.1 ").append(status);
  out_.append("\r\nContent-Type: application/json\r\nContent-Length: ");
  out_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out_.append(is_last_ ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n").append(json);
}

bool echo_connection::wants_requests() const noexcept {
  return !asked_ && out_.size() < unsent_max;
}

std::span<const asio::const_buffer> echo_connection::unsent() {
  piece_ = asio::buffer(out_) + offset_;
  return {&piece_, piece_.size() > 0 ? 1U : 0U};
}

void echo_connection::sent(std::size_t bytes) {
  offset_ += bytes;
  if (offset_ < out_.size())
    return;
  out_.clear();
  offset_ = 0;
}

} // namespace intermute::bench::yardsticks
