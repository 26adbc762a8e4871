#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/wire/messages.hpp"
#include "transport/wire/threads.hpp"

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::uint32_t page_usual = 100;
constexpr std::uint32_t page_most = 1'000;
constexpr std::uint32_t stale_usual = 20;
constexpr std::uint32_t stale_most = 1'000;

void render_page(const actors::read_inbox& asked, actors::inbox_page& got, response& into) {
  wire::append_page(into.body, got, asked.query.agent, asked.query.since);
}

void render_counts(const actors::count_inbox&, domain::inbox_counts& got, response& into) {
  json::append_body(into.body, got);
}

void render_stale_acks(const actors::list_stale_acks& asked, actors::stale_ack_list& got,
                       response& into) {
  wire::append_stale_acks(into.body, asked, got);
}

} // namespace

void read_inbox(call& one) {
  auto& from = one.request;
  if (from.parameter.empty())
    return one.refuse({errc::missing_field, "Name the agent: /api/inbox/{agent}.", "agent"});
  auto project = projects_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  actors::read_inbox what;
  auto& query = what.query;
  query.project = std::move(*project);
  query.since = cursor_value(from.query, "since_cursor");
  query.limit = limit_value(from.query, page_usual, page_most);
  query.unread_only = query_value(from.query, "unread") == "true";
  query.descending = query_value(from.query, "order") == "desc";
  query.agent = std::move(from.parameter);
  one.ask(std::move(what), one.source({}), render_page);
}

void count_inbox(call& one) {
  auto& from = one.request;
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  one.ask(actors::count_inbox{std::move(*project), std::move(from.parameter)}, one.source({}),
          render_counts);
}

void list_stale_acks(call& one) {
  auto& from = one.request;
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  actors::list_stale_acks what;
  what.project = std::move(*project);
  what.ttl = seconds_value(from.query, "ttl_seconds").value_or(what.ttl);
  what.limit = limit_value(from.query, stale_usual, stale_most);
  what.agent = std::move(from.parameter);
  one.ask(std::move(what), one.source({}), render_stale_acks);
}

} // namespace intermute::transport::http
