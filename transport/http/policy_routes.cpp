#include "base/text.hpp"
#include "transport/call.hpp"
#include "transport/http/handlers.hpp"
#include "transport/json/decode.hpp"
#include "transport/wire/agents.hpp"

namespace intermute::transport::http {
namespace {

using base::errc;

void append_policies(response& into, std::string_view agent_id, const actors::policies& got) {
  json::append_body(
    into.body, wire::policy_reply{agent_id, to_string(got.policy), to_string(got.live_policy)});
}

void render_policy(const actors::get_policy& asked, actors::policies& got, response& into) {
  append_policies(into, asked.agent_id, got);
}

void render_set_policy(const actors::set_policy& asked, actors::policies& got, response& into) {
  append_policies(into, asked.agent_id, got);
}

void render_contacts(const actors::list_contacts& asked, actors::contact_list& got,
                     response& into) {
  json::append_body(into.body, wire::contacts_reply{asked.agent_id, std::move(got.contacts)});
}

void render_set_contact(const actors::set_contact& asked, actors::contact_list& got,
                        response& into) {
  json::append_body(into.body, wire::contacts_reply{asked.agent_id, std::move(got.contacts)});
}

/// Reads one policy; blank is none. Fails with `invalid_policy`.
base::result<std::optional<domain::contact_policy>> policy_of(std::string_view text,
                                                              const char* member) {
  const auto name = base::trimmed(text);
  if (name.empty())
    return std::optional<domain::contact_policy>{};
  const auto policy = domain::parse_policy(name);
  if (!policy)
    return {errc::invalid_policy, {}, member};
  return policy;
}

void change_contact(call& one, bool present) {
  const auto& who = one.request.who;
  actors::set_contact what{std::move(one.request.parameter), std::move(one.request.second), present,
                           who.project};
  if (auto fine = check_owning(who, what.agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, who.project.value_or(""), what.agent_id, render_set_contact);
}

} // namespace

void get_policy(call& one) {
  one.ask(actors::get_policy{std::move(one.request.parameter), one.request.who.project},
          one.source({}), render_policy);
}

void set_policy(call& one) {
  const auto& who = one.request.who;
  const auto body = json::decode<wire::policy_body>(one.request.body);
  if (!body)
    return one.refuse(body.why());
  const auto policy = policy_of(body->policy, "policy");
  if (!policy)
    return one.refuse(policy.why());
  const auto live = policy_of(body->live_contact_policy, "live_contact_policy");
  if (!live)
    return one.refuse(live.why());
  if (!*policy && !*live)
    return one.refuse({errc::policy_required, {}, {}});
  actors::set_policy what{std::move(one.request.parameter), *policy, *live, who.project};
  if (auto fine = check_owning(who, what.agent_id, one.requires_token()); !fine)
    return one.refuse(fine.why());
  one.ask_write(what, who.project.value_or(""), what.agent_id, render_set_policy);
}

void list_contacts(call& one) {
  one.ask(actors::list_contacts{std::move(one.request.parameter), one.request.who.project},
          one.source({}), render_contacts);
}

void add_contact(call& one) { change_contact(one, true); }

void remove_contact(call& one) { change_contact(one, false); }

} // namespace intermute::transport::http
