#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/http/target.hpp"
#include "transport/wire/projects.hpp"

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::uint32_t limit_usual = 100;
constexpr std::uint32_t limit_most = 1'000;

void render_projects(const actors::list_projects& asked, actors::project_list& got,
                     response& into) {
  wire::append_projects(into.body, asked, got);
}

} // namespace

void list_projects(call& one) {
  const auto query = one.request.query;
  actors::list_projects what;
  if (const auto cursor = query_value(query, "cursor")) {
    what.after = wire::behind_cursor(*cursor);
    if (!what.after)
      return one.refuse({errc::invalid_cursor, "Send the `next` of the page before, or none.", {}});
  }
  what.limit = limit_value(query, limit_usual, limit_most);
  what.within = one.request.who.project;
  one.ask(std::move(what), one.source({}), render_projects);
}

} // namespace intermute::transport::http
