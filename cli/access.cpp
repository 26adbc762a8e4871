#include "cli/access.hpp"

#include "base/text.hpp"
#include "cli/json.hpp"
#include "cli/printable.hpp"

#include <algorithm>

namespace intermute::cli {
namespace {

constexpr std::string_view default_url = "http://127.0.0.1:7338";

/// Whether a header can carry it.
bool is_header_text(std::string_view text) {
  return std::ranges::none_of(
    text, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7f'; });
}

} // namespace

std::string variable(const config::environment& env, std::string_view name) {
  const auto found = env.find(name);
  return found == env.end() ? std::string{} : std::string{base::trimmed(found->second)};
}

base::result<access> access_of(const std::string& url, const std::string& project,
                               const std::string& agent, const config::environment& env) {
  const auto first_of = [](std::string one, std::string_view other) {
    return one.empty() ? std::string{other} : one;
  };
  auto server
    = client::parse_url(first_of(first_of(url, variable(env, "INTERMUTE_URL")), default_url));
  if (!server)
    return server.why();
  access found{std::move(*server),
               {variable(env, "INTERMUTE_API_KEY"), {}, {}},
               first_of(project, variable(env, "INTERMUTE_PROJECT"))};
  const auto token = variable(env, "INTERMUTE_AGENT_TOKEN");
  if (const auto own = variable(env, "INTERMUTE_AGENT");
      !token.empty() && !agent.empty() && (own.empty() || own == agent)) {
    found.who.agent = agent;
    found.who.agent_token = token;
  }
  for (const auto& text : {found.who.api_key, found.who.agent, found.who.agent_token})
    if (!is_header_text(text))
      return {base::errc::invalid_request,
              "INTERMUTE_API_KEY, INTERMUTE_AGENT_TOKEN or the agent has a control character, "
              "which no header can carry.",
              {}};
  return found;
}

std::string refusal_text(const client::answer& from) {
  const auto problem = json_object::parse(from.body);
  auto text = std::to_string(from.status);
  const auto code = problem.text("code").empty() ? problem.text("error") : problem.text("code");
  if (!code.empty())
    text += ' ' + printable(code);
  if (const auto detail = problem.text("detail"); !detail.empty())
    text += ": " + printable(detail);
  return text;
}

} // namespace intermute::cli
