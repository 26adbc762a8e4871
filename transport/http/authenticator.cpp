#include "transport/http/authenticator.hpp"

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "transport/json/utf8.hpp"

#include <boost/asio/ip/address.hpp>

namespace intermute::transport::http {
namespace {

using base::errc;

// Longer keys and tokens are hashed for each request: nobody may fill the memory with them.
constexpr std::size_t remembered_bytes_max = 256;

/// Compares secrets in a time that tells nothing but their sizes.
bool same_secret(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size())
    return false;
  int differs = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    differs |= one[i] ^ other[i];
  return differs == 0;
}

/// The key of `Bearer <key>`, the scheme in any case; empty if it is something else.
std::string_view bearer_key(std::string_view authorization) {
  const auto space = authorization.find(' ');
  if (space == std::string_view::npos || base::lowered(authorization.substr(0, space)) != "bearer")
    return {};
  return base::trimmed(authorization.substr(space + 1));
}

/// Why the token does not fit what else the request says of itself.
base::result<void> check_token(const request& one, const access_rules& rules, const proofs& of) {
  if (one.agent_token.empty())
    return {};
  if (of.agent == nullptr)
    return rules.open ? base::result<void>{} : errc::agent_token_unknown;
  if (!one.agent_id.empty() && one.agent_id != of.agent->record->id)
    return errc::agent_identity_mismatch;
  return {};
}

/// True if the caller operates the server without an operator's key.
bool operates(const identity& who, const standing& at, const access_rules& rules) {
  if (!who.agent.empty() || !at.here)
    return false;
  if (at.from == peer::own_user)
    return true;
  return who.how != identity::mode::key && rules.admin_allow_localhost
         && !rules.keys->has_operators();
}

} // namespace

bool is_forwarded_locally(std::string_view forwarded_for) {
  const auto first = base::trimmed(forwarded_for.substr(0, forwarded_for.find(',')));
  if (first.empty() || base::lowered(first) == "localhost")
    return true;
  if (first.find('%') != std::string_view::npos)
    return false; // An address with a zone is none to the reference.
  boost::system::error_code ec;
  const auto address = boost::asio::ip::make_address(std::string{first}, ec);
  if (ec)
    return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6())
      .is_loopback();
  return address.is_loopback();
}

base::result<void> identify(request& one, const standing& at, const access_rules& rules,
                            const proofs& of) {
  auto& who = one.who;
  who.project.reset();
  who.proven = false;
  who.is_operator = false;
  who.agent.clear();
  if (auto fine = check_token(one, rules, of); !fine)
    return fine;
  if (!json::is_utf8(one.agent_id))
    return errc::invalid_utf8;
  if (of.key != nullptr && of.key->is_operator) {
    who.how = identity::mode::key; // Counts from wherever it is sent.
  } else if (at.without_key) {
    who.how = rules.open ? identity::mode::open : identity::mode::local;
  } else {
    if (of.key == nullptr)
      return errc::unauthorized;
    who.how = identity::mode::key;
    who.project = of.key->project;
  }
  if (who.project && of.agent != nullptr && of.agent->record->project != *who.project)
    return errc::agent_identity_mismatch;
  who.proven = of.agent != nullptr;
  who.agent = who.proven ? std::string_view{of.agent->record->id} : one.agent_id;
  who.is_operator = (of.key != nullptr && of.key->is_operator) || operates(who, at, rules);
  return {};
}

standing authenticator::look(const request& one, peer from, std::unique_ptr<remembered>& last) {
  if (const auto version = slot_.version(); version != rules_version_) {
    rules_ = slot_.load();
    rules_version_ = version;
  }
  const bool near = from == peer::loopback || from == peer::own_user;
  standing at{from};
  at.here = near && (!one.has_forwarded_for || !is_forwarded(one.forwarded_for, last));
  // The kernel vouches for the user of a Unix socket: that is no bypass that could be forbidden.
  const bool is_believed = from == peer::own_user || rules_->keys->allow_localhost;
  at.without_key = rules_->open || (at.here && is_believed);
  return at;
}

bool authenticator::is_forwarded(std::string_view forwarded_for,
                                 std::unique_ptr<remembered>& last) {
  if (last != nullptr && !last->forwarded_for.empty() && last->forwarded_for == forwarded_for)
    return !last->forwarded_locally;
  const bool locally = is_forwarded_locally(forwarded_for);
  if (forwarded_for.size() <= remembered_bytes_max) {
    if (last == nullptr)
      last = std::make_unique<remembered>();
    last->forwarded_for = forwarded_for;
    last->forwarded_locally = locally;
  }
  return !locally;
}

base::result<void> authenticator::authenticate(request& one, const standing& at,
                                               std::unique_ptr<remembered>& last) {
  proofs of;
  if ((one.has_authorization || !one.agent_token.empty()) && last == nullptr)
    last = std::make_unique<remembered>();
  if (one.has_authorization)
    of.key = find_key(one.authorization, *last);
  if (!one.agent_token.empty())
    of.agent = find_agent(one.agent_token, *last);
  return identify(one, at, *rules_, of);
}

const config::keyring::grant* authenticator::find_key(std::string_view authorization,
                                                      remembered& last) {
  if (last.rules_version == rules_version_ && same_secret(last.authorization, authorization))
    return last.key;
  const auto key = bearer_key(authorization);
  last.key = nullptr;
  if (!key.empty()) {
    ++hashes_;
    last.key = rules_->keys->find(key);
  }
  const bool keep = authorization.size() <= remembered_bytes_max;
  last.rules_version = keep ? rules_version_ : 0;
  last.authorization = keep ? authorization : std::string_view{};
  return last.key;
}

const actors::known_agent* authenticator::find_agent(std::string_view token, remembered& last) {
  if (auto current = front_.agents(); current != agents_) {
    agents_ = std::move(current);
    ++agents_version_;
  }
  const bool same = last.agents_version != 0 && same_secret(last.token, token);
  if (same && last.agents_version == agents_version_)
    return last.agent;
  if (!same) {
    ++hashes_;
    last.token_hash = base::sha256(token);
  }
  last.agent = agents_->find_by_token(last.token_hash);
  const bool keep = token.size() <= remembered_bytes_max;
  last.agents_version = keep ? agents_version_ : 0;
  last.token = keep ? token : std::string_view{};
  return last.agent;
}

} // namespace intermute::transport::http
