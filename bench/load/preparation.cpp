#include "bench/load/preparation.hpp"

#include "bench/load/digits.hpp"

#include <stdexcept>

namespace intermute::bench {

namespace {

/// What v0 lets one agent hold at a time.
constexpr std::size_t holds_per_agent = 10;

const response& ask_well(blocking_client& client, const std::string& request,
                         const char* doing_what) {
  const response& answer = client.ask(request);
  if (outcome_of(answer.status) != outcome::ok)
    throw std::runtime_error(std::string{doing_what} + ": status " + std::to_string(answer.status)
                             + " " + answer.body.substr(0, 300));
  return answer;
}

/// Brings an inbox to at least a page.
void fill_page(const request_plan& plan, blocking_client& client, std::size_t project,
               const std::string& inbox) {
  const auto have
    = parse_inbox_page(client.ask(plan.inbox_request(project, inbox, 0, plan.run().limit)))
        .entries.size();
  const std::string id = "fill-" + plan.mark() + "-" + inbox + "-";
  for (std::size_t i = have; i < plan.run().limit; ++i)
    // Connection n works in project n mod projects, so the project's number is one of its own.
    ask_well(client, plan.send_request(project, id + std::to_string(i), {inbox}),
             "filling an inbox");
}

std::uint64_t newest_cursor(const request_plan& plan, blocking_client& client, std::size_t project,
                            std::size_t inbox) {
  std::uint64_t since = 0;
  for (;;) { // Ends: the cursor grows with every page that is not empty.
    const auto page = parse_inbox_page(
      client.ask(plan.inbox_request(project, plan.recipient(project, inbox), since, 1000)));
    if (page.entries.empty() || page.cursor <= since)
      return since;
    since = page.cursor;
  }
}

void register_all(request_plan& plan, blocking_client& client, bool as_recipients) {
  const options& run = plan.run();
  for (std::size_t i = 0; i < run.connections; ++i) {
    const auto& answer = ask_well(client, plan.register_request(plan.project_of(i), plan.sender(i)),
                                  "registering an agent");
    const std::string id{text_member(answer.body, "agent_id")};
    if (id.empty())
      throw std::runtime_error("registering an agent: no agent_id in " + answer.body);
    plan.name_agent(i, id, as_recipients && i / run.projects < run.recipients);
  }
}

/// Reserves files that no workload asks for, by agents of their own.
void hold_files(const request_plan& plan, blocking_client& client) {
  for (std::size_t i = 0; i < plan.run().holds; ++i) {
    const auto agent = "load-h-" + plan.mark() + "-" + std::to_string(i / holds_per_agent);
    const auto pattern
      = "vendor/" + plan.mark() + "/lib-" + digits(3, i % 500) + "/part_" + digits(6, i) + ".cc";
    ask_well(client, plan.reserve_request(i % plan.run().projects, agent, pattern),
             "reserving a file");
  }
}

} // namespace

void prepare(request_plan& plan, blocking_client& client) {
  const options& run = plan.run();
  if (run.work == workload::inbox || run.work == workload::mixed)
    for (std::size_t i = 0; i < run.projects * run.recipients; ++i)
      fill_page(plan, client, i / run.recipients,
                plan.recipient(i / run.recipients, i % run.recipients));
  if (run.work == workload::poll) { // `mixed` sends while it polls: no cursor stays the newest.
    std::vector<std::uint64_t> newest;
    for (std::size_t i = 0; i < run.projects * run.recipients; ++i)
      newest.push_back(newest_cursor(plan, client, i / run.recipients, i % run.recipients));
    plan.set_newest(std::move(newest));
  }
  if (run.work == workload::heartbeat || run.work == workload::fleet)
    register_all(plan, client, run.work == workload::fleet);
  hold_files(plan, client);
}

} // namespace intermute::bench
