#pragma once

#include "bench/load/options.hpp"
#include "bench/load/response_reader.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::bench {

/// Returns where `server` listens: the first address its name resolves to.
/// @throws boost::system::system_error  When the name is unknown.
[[nodiscard]] boost::asio::ip::tcp::endpoint resolve(const server_address& server);

/// One keep-alive connection that waits for each answer; for what happens outside the measured
/// time. Every call throws `boost::system::system_error` when the connection fails.
class blocking_client {
public:
  explicit blocking_client(const boost::asio::ip::tcp::endpoint& server);

  /// Sends a prebuilt request and returns its answer; valid until the next call.
  const response& ask(std::string_view request);

private:
  boost::asio::io_context io_{1};
  boost::asio::ip::tcp::endpoint server_;
  boost::asio::ip::tcp::socket socket_{io_};
  boost::beast::flat_buffer buffer_;
  response response_;
};

/// One message as an inbox lists it.
struct inbox_entry {
  std::string id;
  std::uint64_t cursor = 0;
  std::string body;
};

/// One page of an inbox.
struct inbox_page {
  std::vector<inbox_entry> entries;
  std::uint64_t cursor = 0; ///< Where the next page begins.
};

/// @throws std::runtime_error  When the answer is not a page of the contract.
[[nodiscard]] inbox_page parse_inbox_page(const response& answer);

/// One reservation as a project lists it.
struct listed_reservation {
  std::string id;
  std::string reason;
};

/// @throws std::runtime_error  When the answer is not a list of the contract.
[[nodiscard]] std::vector<listed_reservation> parse_reservations(const response& answer);

} // namespace intermute::bench
