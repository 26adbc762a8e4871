#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/messages.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::array<std::string_view, 4> transports{"", "async", "live", "both"};
constexpr std::uint32_t limit_default = 100;
constexpr std::uint32_t limit_max = 1'000;
// The store counts in signed numbers; no cursor ever comes near this one.
constexpr auto cursor_max = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

void render_sent(const actors::send_message&, actors::sent& got, response& into) {
  if (got.replayed)
    into.add_header("Idempotent-Replay", "true");
  wire::append_sent(into.body, got);
}

/// Read and ack answer 200 with nothing (contract 7).
void render_marked(const actors::mark_message&, actors::marked&, response& into) {
  into.content_type = {};
}

void render_page(const actors::read_inbox& asked, actors::inbox_page& got, response& into) {
  wire::append_page(into.body, got, asked.query.agent, asked.query.since);
}

void render_counts(const actors::count_inbox&, domain::inbox_counts& got, response& into) {
  json::append_body(into.body, got);
}

/// The number of all of `text`; nothing otherwise.
template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
  Number value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, ec] = std::from_chars(text.data(), end, value);
  if (ec != std::errc{} || stop != end || text.empty())
    return std::nullopt;
  return value;
}

/// The value of a query member, trimmed; empty when it is not there.
std::string trimmed_value(const request& from, std::string_view name) {
  return std::string{base::trimmed(query_value(from.query, name).value_or(""))};
}

void mark(call& one, domain::mark_kind kind) {
  actors::mark_message what;
  what.mark = kind;
  // A body that cannot be read is no body (contract 7).
  if (const auto body = json::decode<wire::mark_body>(one.request.body))
    what.agent = body->agent;
  if (what.agent.empty())
    what.agent = query_value(one.request.query, "agent").value_or("");
  what.project = trimmed_value(one.request, "project");
  what.message_id = std::move(one.request.parameter);
  const auto source = one.source(what.agent);
  one.ask(std::move(what), source, render_marked);
}

/// What of a send is missing or unknown.
base::result<void> check(const wire::send_body& body) {
  if (base::trimmed(body.from).empty())
    return {errc::missing_field, "Say who sends the message.", "from"};
  if (body.to.empty())
    return {errc::missing_field, "Name at least one recipient.", "to"};
  if (std::ranges::count(transports, body.transport) == 0)
    return errc::invalid_transport;
  return {};
}

} // namespace

void send_message(call& one) {
  auto body = json::decode<wire::send_body>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  if (auto fine = check(*body); !fine)
    return one.refuse(fine.why());
  body->project = base::trimmed(body->project);
  const auto source = one.source(body->from);
  one.ask(static_cast<actors::send_message&&>(*body), source, render_sent);
}

void mark_read(call& one) { mark(one, domain::mark_kind::read); }

void mark_ack(call& one) { mark(one, domain::mark_kind::ack); }

void read_inbox(call& one) {
  const auto& from = one.request;
  if (from.parameter.empty())
    return one.refuse({errc::missing_field, "Name the agent: /api/inbox/{agent}.", "agent"});
  actors::read_inbox what;
  auto& query = what.query;
  if (auto project = trimmed_value(from, "project"); !project.empty())
    query.project = std::move(project);
  if (const auto since = query_value(from.query, "since_cursor"))
    query.since = std::min(number_of<std::uint64_t>(*since).value_or(0), cursor_max);
  const auto limit = number_of<std::int64_t>(query_value(from.query, "limit").value_or(""));
  query.limit = limit && *limit > 0
                  ? static_cast<std::uint32_t>(std::min<std::int64_t>(*limit, limit_max))
                  : limit_default;
  query.unread_only = query_value(from.query, "unread") == "true";
  query.descending = query_value(from.query, "order") == "desc";
  query.agent = std::move(one.request.parameter);
  one.ask(std::move(what), one.source({}), render_page);
}

void count_inbox(call& one) {
  actors::count_inbox what;
  what.project = trimmed_value(one.request, "project");
  what.agent = std::move(one.request.parameter);
  one.ask(std::move(what), one.source({}), render_counts);
}

} // namespace intermute::transport::http
