#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/wire/threads.hpp"

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::uint32_t threads_usual = 50;
constexpr std::uint32_t threads_most = 100'000; // The reference has no bound; nobody has as many.
constexpr std::uint32_t topic_usual = 100;
constexpr std::uint32_t topic_most = 1'000;

void render_threads(const actors::list_threads& asked, actors::thread_list& got, response& into) {
  wire::append_threads(into.body, got, asked.below);
}

void render_thread(const actors::read_thread& asked, actors::message_list& got, response& into) {
  wire::append_thread(into.body, asked, got);
}

void render_topic(const actors::read_topic& asked, actors::message_list& got, response& into) {
  wire::append_page(into.body, got, asked.reader, asked.since);
}

} // namespace

void list_threads(call& one) {
  const auto& from = one.request;
  actors::list_threads what;
  what.agent = trimmed_value(from.query, "agent");
  if (what.agent.empty())
    return one.refuse({errc::missing_field, "Name the agent: ?agent=.", "agent"});
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  what.project = std::move(*project);
  what.below = cursor_value(from.query, "cursor");
  what.limit = limit_value(from.query, threads_usual, threads_most);
  one.ask(std::move(what), one.source({}), render_threads);
}

void read_thread(call& one) {
  auto& from = one.request;
  if (from.parameter.empty())
    return one.refuse({errc::missing_field, "Name the thread: /api/threads/{thread}.", "thread"});
  auto project = project_of(from.who, trimmed_value(from.query, "project"));
  if (!project)
    return one.refuse(project.why());
  actors::read_thread what;
  what.project = std::move(*project);
  what.thread_id = std::move(from.parameter);
  what.since = cursor_value(from.query, "cursor");
  what.reader = reader_of(from);
  one.ask(std::move(what), one.source({}), render_thread);
}

void read_topic(call& one) {
  auto& from = one.request;
  constexpr const char* form = "Name both: /api/topics/{project}/{topic}.";
  if (from.parameter.empty())
    return one.refuse({errc::project_required, form, {}});
  if (from.second.empty())
    return one.refuse({errc::missing_field, form, "topic"});
  auto project = project_of(from.who, from.parameter);
  if (!project)
    return one.refuse(project.why());
  actors::read_topic what;
  what.project = std::move(*project);
  what.topic = domain::normal_topic(from.second);
  what.since = cursor_value(from.query, "since_cursor");
  what.limit = limit_value(from.query, topic_usual, topic_most);
  what.reader = reader_of(from);
  one.ask(std::move(what), one.source({}), render_topic);
}

} // namespace intermute::transport::http
