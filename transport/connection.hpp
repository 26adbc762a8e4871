#pragma once

#include "transport/http/head_scanner.hpp"
#include "transport/http/request.hpp"
#include "transport/http/request_parser.hpp"
#include "transport/http/response.hpp"
#include "transport/http/routes.hpp"
#include "transport/pipeline.hpp"
#include "transport/shard.hpp"

#include <boost/beast/core/flat_buffer.hpp>

#include <memory>
#include <optional>
#include <string>

namespace intermute::transport {

/// One HTTP/1.1 connection: reads requests, also several at once, and answers them in their
/// order. Lives on its shard's thread, held by the shard's map and by its socket operations.
///
/// It reads on only while it may owe another answer: at most `pipeline_max` requests are under
/// way, and a client that does not take its answers is not read from.
class connection final : public std::enable_shared_from_this<connection> {
public:
  connection(shard& home, stream_socket socket, http::peer from);

  /// @param refused  One connection too many: it gets a 503 and is closed.
  void start(std::uint64_t id, bool refused);

  /// Answers what has come, and what is half here if the rest comes, then closes.
  void drain();
  /// Tells a client that is still sending its request that it came too late; closes.
  void cut();
  /// Closes at once.
  void close();

  /// When `on_time` wants to be called; `max` for never.
  [[nodiscard]] base::steady_time due() const;
  void on_time(base::steady_time now);

  [[nodiscard]] exchange* find_open(std::uint64_t number) noexcept {
    return pipeline_.find_open(number);
  }
  /// Takes the answer of an open exchange; it is sent when its turn comes.
  void finish(exchange& one, http::response& answer);
  /// The subscription is made: when its turn comes, the connection becomes a WebSocket.
  void upgrade(exchange& one);
  /// The WebSocket that waited for a subscription will not come.
  void forget_upgrade() noexcept { upgrading_ = false; }
  /// From now on no request is read: what follows belongs to the WebSocket.
  void expect_upgrade() noexcept { upgrading_ = true; }

  /// Sends what is ready and reads on.
  void advance();

private:
  enum class phase : std::uint8_t { fresh, idle, head, body };

  // Reading: connection_read.cpp
  void consume();
  bool step();
  bool take_head();
  bool take_body();
  void judge_head();
  [[nodiscard]] base::result<void> admit();
  [[nodiscard]] base::result<void> let_in(const http::route& row);
  void dispatch();
  void reject(base::error why);
  [[nodiscard]] bool wants_requests() const noexcept;
  [[nodiscard]] bool more_has_come() const;
  void end_if_drained();
  void read_more();
  void on_read(const boost::system::error_code& ec, std::size_t count);
  void enter(phase next);
  [[nodiscard]] base::steady_time read_due() const;
  void on_slow_reading();

  // Answering: connection.cpp
  exchange& open_exchange();
  void expire_front();
  void move_ready();
  void flush();
  void on_written(const boost::system::error_code& ec);
  void after_flush();
  void become_socket();
  void linger();
  void slim();

  shard& home_;
  stream_socket socket_;
  const http::peer from_;
  std::uint64_t id_ = 0;

  boost::beast::flat_buffer in_;
  http::request request_;
  std::optional<http::request_parser> parser_; ///< There while a body is read.
  http::head_scanner scanner_;
  http::direction direction_;          ///< Of the request being read.
  std::optional<base::error> refusal_; ///< What its head alone was refused for.
  std::unique_ptr<http::remembered> proven_;
  phase phase_ = phase::fresh;
  base::steady_time phase_began_{};
  std::uint64_t body_received_ = 0;

  pipeline pipeline_;
  std::string out_;              ///< Ready to be sent.
  std::string sending_;          ///< Being sent; not to be touched.
  base::steady_time stuck_at_{}; ///< When a write counts as stuck, or a lingering end is over.

  bool reading_ = false;
  bool paused_ = false; ///< Reading stopped since enough is under way.
  bool writing_ = false;
  bool consuming_ = false;
  bool stopping_ = false;  ///< No further request is taken; closes after the last answer.
  bool upgrading_ = false; ///< The last request asked for a WebSocket.
  bool refused_ = false;   ///< The client may still be sending what nobody will read.
  bool ended_ = false;     ///< The client has closed its side.
  bool lingering_ = false;
  bool closed_ = false;
  bool noted_ = false; ///< The shard knows that something is ready.
  bool wants_continue_ = false;
};

} // namespace intermute::transport
