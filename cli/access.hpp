#pragma once

#include "base/result.hpp"
#include "cli/client/client.hpp"
#include "config/database_path.hpp"

#include <string>
#include <string_view>

namespace intermute::cli {

/// Which server to talk to, and as whom.
struct access {
  client::endpoint server;
  client::identity who;
  std::string project;
};

/// What flags leave open the environment says: INTERMUTE_URL (else http://127.0.0.1:7338),
/// INTERMUTE_PROJECT and INTERMUTE_API_KEY. The token INTERMUTE_AGENT_TOKEN is sent for `agent`
/// unless INTERMUTE_AGENT names another one. Fails with `invalid_request`.
[[nodiscard]] base::result<access> access_of(const std::string& url, const std::string& project,
                                             const std::string& agent,
                                             const config::environment& env);

/// The variable without the blanks around it; empty when it is not set.
[[nodiscard]] std::string variable(const config::environment& env, std::string_view name);

/// What the server said to a request, for humans: "401 unauthorized: Send an API key."
[[nodiscard]] std::string refusal_text(const client::answer& from);

} // namespace intermute::cli
