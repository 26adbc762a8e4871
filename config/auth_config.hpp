#pragma once

#include <string>

namespace intermute::config {

/// Who is let in.
/// `docs/config.md` has one row per member, in this order.
struct auth_config {
  std::string keys_file; ///< Empty means intermute.keys.yaml in the working directory. Restart.
  bool require_agent_token = false; ///< Writes without an agent's token are refused. Live.
};

} // namespace intermute::config
