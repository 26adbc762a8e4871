#pragma once

#include "actors/front.hpp"
#include "base/result.hpp"
#include "transport/access_rules.hpp"
#include "transport/http/request.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace intermute::transport::http {

/// What the socket alone says of the other end of a connection.
enum class peer : std::uint8_t {
  remote,     ///< Another machine.
  loopback,   ///< This machine, by TCP.
  own_user,   ///< A process of the server's own user, by the Unix socket.
  other_user, ///< A process of another user, by the Unix socket.
};

/// True for who comes by the Unix socket, where no browser does.
[[nodiscard]] constexpr bool is_unix(peer from) noexcept {
  return from == peer::own_user || from == peer::other_user;
}

/// True if `X-Forwarded-For` says that the request began on this machine: its first entry is
/// empty, a loopback address or `localhost` (contract 2).
[[nodiscard]] bool is_forwarded_locally(std::string_view forwarded_for);

/// What is known of a request before its credentials are looked at.
struct standing {
  peer from = peer::remote;
  bool here = false; ///< Made on this machine, as far as the socket and the proxies tell.
  bool without_key
    = false; ///< Let in without a key: everybody on an open server, else who is here.
};

/// What the credentials of a request stand for.
struct proofs {
  const config::keyring::grant* key = nullptr; ///< Null: no key was sent, or an unknown one.
  const actors::known_agent* agent = nullptr;  ///< Null: no token was sent, or an unknown one.
};

/// Sets `one.who` to who sends it (contract 2, decisions 8 to 10 and 37). Looks nothing up.
///
/// Fails with `agent_token_unknown`, `unauthorized`, with `agent_identity_mismatch` when the token
/// is not that of `X-Agent-ID` or of an agent of the key's project, and with `invalid_utf8`.
[[nodiscard]] base::result<void> identify(request& one, const standing& at,
                                          const access_rules& rules, const proofs& of);

/// What one connection has proven last, so that a client that polls costs comparisons only.
/// The secrets are in memory as long as the connection, as they are in its buffers.
struct remembered {
  std::string forwarded_for;
  bool forwarded_locally = false;

  std::uint64_t rules_version = 0; ///< 0: no key is remembered.
  std::string authorization;
  const config::keyring::grant* key = nullptr; ///< Of the rules of that version.

  std::uint64_t agents_version = 0; ///< 0: no agent is remembered.
  std::string token;
  std::string token_hash;
  const actors::known_agent* agent = nullptr; ///< Of the agents of that version.
};

/// Finds out who sends a request. One per shard, on the shard's thread.
class authenticator {
public:
  /// @param rules  Outlives the authenticator, as does `front`.
  authenticator(const access_rules_slot& rules, const actors::front& front)
    : slot_(rules), front_(front) {}

  /// Where a request stands by the rules in force. One atomic load while these stay the same.
  /// @param last  The connection's; made when there is something to remember.
  [[nodiscard]] standing look(const request& one, peer from, std::unique_ptr<remembered>& last);

  /// Sets `one.who`, by the rules that the look at it found. Fails as `identify`.
  [[nodiscard]] base::result<void> authenticate(request& one, const standing& at,
                                                std::unique_ptr<remembered>& last);

  /// How often a key or a token had to be hashed.
  [[nodiscard]] std::uint64_t hashes() const noexcept { return hashes_; }

private:
  bool is_forwarded(std::string_view forwarded_for, std::unique_ptr<remembered>& last);
  const config::keyring::grant* find_key(std::string_view authorization, remembered& last);
  const actors::known_agent* find_agent(std::string_view token, remembered& last);

  const access_rules_slot& slot_;
  const actors::front& front_;
  std::shared_ptr<const access_rules> rules_;
  std::uint64_t rules_version_ = 0;
  actors::agent_snapshot_ptr agents_; ///< Kept, so that no other one can be at its address.
  std::uint64_t agents_version_ = 0;
  std::uint64_t hashes_ = 0;
};

} // namespace intermute::transport::http
