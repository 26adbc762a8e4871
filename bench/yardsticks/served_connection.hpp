#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

/// Servers that do as little as can be done with Beast, and no less: what ours are measured by.
namespace intermute::bench::yardsticks {

/// A socket that knows its executor's type, so that its operations cost no virtual call.
using tcp_socket
  = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Beast's parser of one request. It keeps the body alone: `http::request_parser` puts every
/// header line into memory of its own and takes twice as long.
class request_reader final : public boost::beast::http::basic_parser<true> {
public:
  /// @param body  Emptied, then filled; outlives the reader.
  explicit request_reader(std::string& body) : body_{body} {
    eager(true); // Head and body in one call.
    body_.clear();
  }

  /// Whether the connection ends with this request's answer. Once the head is read.
  [[nodiscard]] bool is_last() const { return old_ || !keep_alive(); }

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, text, text, int version, error_code&) override {
    old_ = version < 11;
  }
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(boost::beast::http::field, text, text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text bytes, error_code&) override {
    body_.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code& ec) override {
    return on_body_impl(bytes, ec);
  }
  void on_finish_impl(error_code&) override {}

  std::string& body_;
  bool old_ = false; ///< HTTP/1.0: its connections are not kept.
};

/// One connection of a yardstick server: reads requests, also several at once, and sends what the
/// derived class answers, in their order. Every request but HEAD is served.
///
/// Lives on the thread of its socket, held by the operations that are under way. It reads on only
/// when its answers are sent.
class served_connection : public std::enable_shared_from_this<served_connection> {
public:
  explicit served_connection(tcp_socket socket);
  virtual ~served_connection() = default;

  served_connection(const served_connection&) = delete;
  served_connection& operator=(const served_connection&) = delete;

  /// Begins to read. Call it once, on the socket's thread.
  void start();

protected:
  /// Answers a request, now or later. @param is_last  The connection ends with the answer.
  virtual void take(std::string& body, bool is_last) = 0;
  /// Answers what is no HTTP; the connection ends with it.
  virtual void refuse() = 0;
  /// Whether another request may be taken; with nothing unsent, whether all are answered.
  [[nodiscard]] virtual bool wants_requests() const noexcept = 0;
  /// What is to be sent now; valid until the next call of any function.
  [[nodiscard]] virtual std::span<const boost::asio::const_buffer> unsent() = 0;
  /// So many bytes of it were sent.
  virtual void sent(std::size_t bytes) = 0;

  /// Sends what is there and takes further requests; after an answer that came later.
  void advance();

private:
  using error_code = boost::system::error_code;

  bool take_one();
  void flush();
  void wait_for_room();
  void read_more();
  void on_read(const error_code& failure, std::size_t bytes);
  void end();
  void close();

  tcp_socket socket_;
  boost::beast::flat_buffer in_;
  std::string body_;
  std::optional<request_reader> reader_; ///< There while a request is half read.
  bool advancing_ = false;
  bool reading_ = false;
  bool blocked_ = false; ///< The socket takes no more for now.
  bool ending_ = false;  ///< No further request is taken.
  bool ended_ = false;   ///< All is said; what still comes is thrown away.
};

} // namespace intermute::bench::yardsticks
