#include "bench/load/blocking_client.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <rapidjson/document.h>

#include <stdexcept>

namespace intermute::bench {

namespace asio = boost::asio;

asio::ip::tcp::endpoint resolve(const server_address& server) {
  asio::io_context io{1};
  asio::ip::tcp::resolver resolver{io};
  return resolver.resolve(server.host, server.port).begin()->endpoint();
}

blocking_client::blocking_client(const asio::ip::tcp::endpoint& server) : server_{server} {}

const response& blocking_client::ask(std::string_view request) {
  if (!socket_.is_open()) {
    socket_.connect(server_);
    socket_.set_option(asio::ip::tcp::no_delay{true});
  }
  asio::write(socket_, asio::buffer(request));
  response_reader reader{response_};
  while (!reader.is_done()) {
    buffer_.commit(socket_.read_some(buffer_.prepare(256 * 1024)));
    boost::system::error_code failure;
    // Ends because every turn either consumes bytes or reports that it needs more.
    while (!failure && buffer_.size() > 0 && !reader.is_done())
      buffer_.consume(reader.put(buffer_.data(), failure));
    if (failure && failure != boost::beast::http::error::need_more)
      throw boost::system::system_error{failure, "malformed answer"};
  }
  if (!reader.keep_alive())
    socket_.close();
  return response_;
}

inbox_page parse_inbox_page(const response& answer) {
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  const bool is_page = answer.status == 200 && !document.HasParseError() && document.IsObject()
                       && document.HasMember("messages") && document["messages"].IsArray()
                       && document.HasMember("cursor") && document["cursor"].IsUint64();
  if (!is_page)
    throw std::runtime_error("not an inbox page: status " + std::to_string(answer.status) + " "
                             + answer.body.substr(0, 200));
  inbox_page page;
  page.cursor = document["cursor"].GetUint64();
  for (const auto& message : document["messages"].GetArray()) {
    if (!message.IsObject() || !message.HasMember("id") || !message["id"].IsString()
        || !message.HasMember("cursor") || !message["cursor"].IsUint64())
      throw std::runtime_error("a message of an inbox page lacks id or cursor");
    const auto body = message.FindMember("body");
    const bool has_body = body != message.MemberEnd() && body->value.IsString();
    page.entries.push_back({message["id"].GetString(), message["cursor"].GetUint64(),
                            has_body ? body->value.GetString() : ""});
  }
  return page;
}

std::vector<listed_reservation> parse_reservations(const response& answer) {
  rapidjson::Document document;
  document.Parse(answer.body.data(), answer.body.size());
  if (answer.status != 200 || document.HasParseError() || !document.IsObject()
      || !document.HasMember("reservations") || !document["reservations"].IsArray())
    throw std::runtime_error("not a list of reservations: status " + std::to_string(answer.status)
                             + " " + answer.body.substr(0, 200));
  std::vector<listed_reservation> all;
  for (const auto& one : document["reservations"].GetArray()) {
    const bool has_id = one.IsObject() && one.HasMember("id") && one["id"].IsString();
    if (!has_id)
      throw std::runtime_error("a reservation of the list lacks its id");
    const bool has_reason = one.HasMember("reason") && one["reason"].IsString();
    all.push_back({one["id"].GetString(), has_reason ? one["reason"].GetString() : ""});
  }
  return all;
}

} // namespace intermute::bench
