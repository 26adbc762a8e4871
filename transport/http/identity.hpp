#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace intermute::transport::http {

/// Who sends a request, as far as the server knows (contract 2, decisions 8 to 10 and 37).
struct identity {
  enum class mode : std::uint8_t {
    local, ///< From this machine: no project is bound, what it says of itself is believed.
    key,   ///< By an API key: confined to the key's project, unless it is an operator's.
    open,  ///< A server without authentication (embedded): `X-Agent-ID` is believed.
  };

  mode how = mode::local;
  /// The project that the caller is confined to; nothing for local callers and operators' keys.
  std::optional<std::string> project;
  /// The agent it says it is: the token's, else `X-Agent-ID`; empty when it names none.
  std::string agent;
  bool proven = false;      ///< `agent` was proven by its token.
  bool is_operator = false; ///< May do what operators may.
};

} // namespace intermute::transport::http
