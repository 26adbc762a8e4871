#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/ws/channel.hpp"

#include <charconv>
#include <limits>

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr auto cursor_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// Asks for the subscription of a channel; the connection is upgraded when it is there.
class pending_subscription final : public actors::op_of<actors::subscribe> {
public:
  pending_subscription(actors::subscribe what, shard& home, base::steady_time deadline,
                       actors::source_id source, const exchange_ref& of)
    : op_of(std::move(what), home, deadline, source), home_(home), of_(of) {}

  void answered() override {
    auto* const into = home_.begin_answer(of_);
    auto* const from = home_.find_connection(of_.connection);
    if (into == nullptr || from == nullptr) {
      // Too late. It may have been forgotten before it was made: so it is forgotten once more.
      if (outcome())
        home_.with().front.unsubscribe(request.socket);
      return;
    }
    auto& exchange = *from->find_open(of_.number);
    if (outcome())
      return from->upgrade(exchange);
    home_.forget_channel(exchange.channel, false);
    exchange.channel = 0;
    from->forget_upgrade();
    into->fail(outcome().why());
    from->finish(exchange, *into);
  }

private:
  shard& home_;
  exchange_ref of_;
};

/// What keeps a request from becoming a WebSocket (contract 15.1).
base::result<void> check_handshake(const request& from) {
  if (!from.who.agent.empty() && from.who.agent != from.parameter)
    return errc::agent_identity_mismatch;
  if (from.http_1_0 || !from.has_upgrade_token || from.upgrade.empty())
    return errc::upgrade_required;
  if (from.socket_version != "13")
    return {errc::invalid_request, "Send Sec-WebSocket-Version: 13."};
  // RFC 6455 4.1: 16 bytes in base64.
  if (from.socket_key.size() != 24)
    return {errc::invalid_request, "Send a Sec-WebSocket-Key of 16 bytes in base64."};
  if (!from.body.empty())
    return {errc::invalid_request, "A WebSocket handshake has no body."};
  return {};
}

/// Where the replay is to begin; nothing without a cursor. Fails with `invalid_cursor`.
base::result<std::optional<domain::cursor>> since_of(std::string_view query) {
  const auto text = query_value(query, "since_cursor");
  if (!text)
    return std::optional<domain::cursor>{};
  domain::cursor value = 0;
  const auto* const end = text->data() + text->size();
  const auto [stop, ec] = std::from_chars(text->data(), end, value);
  if (ec != std::errc{} || stop != end || text->empty() || value > cursor_max)
    return errc::invalid_cursor;
  return std::optional{value};
}

void refuse_handshake(call& one, const base::error& why) {
  one.refuse(why);
  if (why.code == errc::upgrade_required) {
    // Not `close`: the connection may be used for other requests.
    one.reply().headers += "Connection: Upgrade\r\nUpgrade: websocket\r\n";
  } else if (why.code == errc::invalid_request) {
    one.reply().add_header("Sec-WebSocket-Version", "13");
  }
}

} // namespace

void open_socket(call& one) {
  if (one.request.parameter.empty())
    return one.refuse({errc::missing_field, "Name the agent: /ws/agents/{agent}.", "agent"});
  auto project = project_of(one.request.who, trimmed_value(one.request.query, "project"));
  if (!project)
    return one.refuse(project.why());
  if (auto fine = check_handshake(one.request); !fine)
    return refuse_handshake(one, fine.why());
  const auto since = since_of(one.request.query);
  if (!since)
    return one.refuse(since.why());
  auto& with = one.with();
  if (with.sockets.now() >= with.websocket.subscriptions_max)
    return one.refuse(
      {errc::mailbox_full, "The server has as many WebSockets as it takes.", "websockets"});
  with.sockets.add();
  const auto channel = std::make_shared<ws::channel>(one.home());
  const auto id = one.home().add_channel(channel);
  channel->set_id(id);
  one.from().find_open(one.of().number)->channel = id;
  one.from().expect_upgrade();

  actors::subscribe what;
  what.socket = id;
  what.frames = &one.home();
  what.project = std::move(*project);
  what.agent = one.request.parameter;
  what.since = *since;
  const auto source = one.source(what.agent);
  one.submit(actors::op_ptr{
    new pending_subscription{std::move(what), one.home(), one.deadline(), source, one.of()}});
}

} // namespace intermute::transport::http
