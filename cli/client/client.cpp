#include "cli/client/client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <csignal>
#include <exception>
#include <optional>

namespace intermute::cli::client {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::system::error_code;
using web_socket = websocket::stream<beast::tcp_stream>;

constexpr auto await = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds patience{10};
constexpr std::chrono::seconds silence_max{70}; // Pinged after half of it.
constexpr std::size_t body_bytes_max = 64U * 1'024 * 1'024;
constexpr std::size_t event_bytes_max = 1'024 * 1'024;

/// The headers that every request has.
template <class Headers>
void add_headers(Headers& to, const identity& who) {
  to.set(http::field::user_agent, "intermute-cli");
  if (!who.api_key.empty())
    to.set(http::field::authorization, "Bearer " + who.api_key);
  if (!who.agent.empty())
    to.set("X-Agent-ID", who.agent);
  if (!who.agent_token.empty())
    to.set("X-Agent-Token", who.agent_token);
}

answer answer_of(http::response<http::string_body>& from) {
  answer made{outcome::answered, from.result_int(), {}, {}, false, {}};
  made.date = std::string{from[http::field::date]};
  made.replay = from["Idempotent-Replay"] == "true";
  made.body = std::move(from.body());
  return made;
}

answer lost(std::string why) { return {outcome::lost, 0, {}, {}, false, std::move(why)}; }

answer lost(const error_code& why) {
  return lost(why == beast::error::timeout ? "no answer in time" : why.message());
}

asio::awaitable<error_code> connect(beast::tcp_stream& stream, const endpoint& to) {
  asio::ip::tcp::resolver names{stream.get_executor()};
  auto [unknown, addresses] = co_await names.async_resolve(to.host, to.port, await);
  if (unknown)
    co_return unknown;
  stream.expires_after(patience);
  auto [ec, address] = co_await stream.async_connect(addresses, await);
  co_return ec;
}

asio::awaitable<void> exchange(const endpoint& server, http::request<http::string_body> ask,
                               answer& to) {
  beast::tcp_stream stream{co_await asio::this_coro::executor};
  if (const auto ec = co_await connect(stream, server)) {
    to = lost("cannot connect: " + ec.message());
    co_return;
  }
  auto [unsent, sent] = co_await http::async_write(stream, ask, await);
  if (unsent) {
    to = lost(unsent);
    co_return;
  }
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> reader;
  reader.body_limit(body_bytes_max);
  auto [ec, got] = co_await http::async_read(stream, buffer, reader, await);
  to = ec ? lost(ec) : answer_of(reader.get());
}

asio::awaitable<void> open(web_socket& socket, const endpoint& server, std::string target,
                           answer& to) {
  auto& stream = beast::get_lowest_layer(socket);
  if (const auto ec = co_await connect(stream, server)) {
    to = lost("cannot connect: " + ec.message());
    co_return;
  }
  stream.expires_never(); // The WebSocket has timeouts of its own.
  websocket::response_type reply;
  auto [ec] = co_await socket.async_handshake(reply, server.authority(), target, await);
  const bool refused = ec == websocket::error::upgrade_declined;
  to = ec && !refused ? lost(ec) : answer_of(reply);
}

std::string closed_text(const websocket::close_reason& why) {
  if (why.code == websocket::close_code::none)
    return "the server closed the connection";
  return "the server closed the connection with " + std::to_string(why.code)
         + (why.reason.empty() ? ""
                               : " (" + std::string{why.reason.data(), why.reason.size()} + ')');
}

asio::awaitable<void> read(web_socket& socket, answer& to) {
  beast::flat_buffer buffer;
  auto [ec, got] = co_await socket.async_read(buffer, await);
  if (ec)
    to = ec == websocket::error::closed ? lost(closed_text(socket.reason())) : lost(ec);
  else
    to = {outcome::answered, 0, beast::buffers_to_string(buffer.data()), {}, false, {}};
}

asio::awaitable<void> sleep(std::chrono::milliseconds time) {
  asio::steady_timer timer{co_await asio::this_coro::executor, time};
  co_await timer.async_wait(await);
}

} // namespace

struct client::parts {
  parts(endpoint at, identity as) : server(std::move(at)), who(std::move(as)) {}

  /// Runs one task to its end. @returns False when interrupted; the task is then never looked at
  /// again, and goes with the loop.
  bool run(asio::awaitable<void> task) {
    bool done = false;
    asio::co_spawn(io, std::move(task), [&done](const std::exception_ptr& thrown) {
      if (thrown)
        std::rethrow_exception(thrown); // Out of memory; nothing else throws.
      done = true;
    });
    io.restart();
    while (!done && !interrupted) // Ends: every task has a deadline or a peer that is pinged.
      io.run_one();
    return done;
  }

  endpoint server;
  identity who;
  answer found; ///< Of the task that runs; it must outlive the task.
  asio::io_context io{1};
  asio::signal_set signals{io};
  bool interrupted = false;
  std::optional<web_socket> socket;
};

client::client(endpoint server, identity who, bool catch_signals)
  : parts_(std::make_unique<parts>(std::move(server), std::move(who))) {
  if (!catch_signals)
    return;
  auto& all = *parts_;
  error_code ignored; // Then the signals end the process, as they do anyway.
  all.signals.add(SIGINT, ignored);
  all.signals.add(SIGTERM, ignored);
  all.signals.async_wait(
    [&all](const error_code& cancelled, int) { all.interrupted = all.interrupted || !cancelled; });
}

client::~client() = default;

const endpoint& client::server() const noexcept { return parts_->server; }

answer client::call(const request& what) {
  auto& all = *parts_;
  auto as = all.who;
  if (!what.agent.empty()) {
    as.agent = what.agent;
    as.agent_token = what.agent_token;
  }
  http::request<http::string_body> ask{http::string_to_verb(what.method),
                                       all.server.prefix + what.target, 11};
  ask.set(http::field::host, all.server.authority());
  ask.set(http::field::connection, "close");
  add_headers(ask, as);
  if (!what.body.empty())
    ask.set(http::field::content_type, "application/json");
  ask.body() = what.body;
  ask.prepare_payload();
  if (!all.run(exchange(all.server, std::move(ask), all.found)))
    return {outcome::interrupted, 0, {}, {}, false, {}};
  return std::move(all.found);
}

answer client::open_socket(const std::string& target) {
  auto& all = *parts_;
  auto& socket = all.socket.emplace(all.io);
  socket.set_option(websocket::stream_base::timeout{patience, silence_max, true});
  socket.set_option(websocket::stream_base::decorator{
    [who = all.who](websocket::request_type& ask) { add_headers(ask, who); }});
  socket.read_message_max(event_bytes_max);
  if (!all.run(open(socket, all.server, all.server.prefix + target, all.found)))
    return {outcome::interrupted, 0, {}, {}, false, {}};
  return std::move(all.found);
}

answer client::receive() {
  auto& all = *parts_;
  if (!all.socket)
    return lost("no WebSocket is open");
  if (!all.run(read(*all.socket, all.found)))
    return {outcome::interrupted, 0, {}, {}, false, {}};
  return std::move(all.found);
}

bool client::wait(std::chrono::milliseconds time) { return parts_->run(sleep(time)); }

} // namespace intermute::cli::client
