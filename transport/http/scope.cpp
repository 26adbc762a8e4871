#include "transport/http/scope.hpp"

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "transport/http/target.hpp"

#include <initializer_list>

namespace intermute::transport::http {
namespace {

using base::errc;

constexpr std::size_t key_bytes_max = 255;

std::string_view name_of(verb method) noexcept {
  switch (method) {
  case verb::get: return "GET";
  case verb::head: return "HEAD";
  case verb::post: return "POST";
  case verb::put: return "PUT";
  case verb::patch: return "PATCH";
  case verb::del: return "DELETE";
  case verb::other: break;
  }
  return "";
}

/// `use` and the parts, each with its length before it, so that no two lists make one text.
std::string digest_of(std::string_view use, std::initializer_list<std::string_view> parts) {
  std::string text{use};
  for (const auto part : parts)
    text.append(std::to_string(part.size())).append(":").append(part);
  return base::sha256(text);
}

} // namespace

base::result<std::string> project_of(const identity& who, std::string_view named, unnamed blank) {
  if (!who.project)
    return std::string{named};
  if (base::trimmed(named).empty()) {
    if (blank == unnamed::is_refused)
      return errc::project_required;
    return *who.project;
  }
  if (named != *who.project)
    return errc::project_mismatch;
  return *who.project;
}

base::result<std::optional<std::string>> projects_of(const identity& who, std::string_view named) {
  auto project = project_of(who, named);
  if (!project)
    return project.why();
  if (!who.project && project->empty())
    return std::optional<std::string>{};
  return std::optional{std::move(*project)};
}

base::result<void> check_acting(const identity& who, std::string_view agent, bool token_required) {
  if (who.proven) {
    if (agent != who.agent)
      return errc::agent_identity_mismatch;
    return {};
  }
  const bool has_operator_key = who.is_operator && who.how == identity::mode::key;
  if (token_required && !has_operator_key)
    return errc::agent_token_required;
  return {};
}

base::result<void> check_owning(const identity& who, std::string_view agent, bool token_required) {
  if (auto fine = check_acting(who, agent, token_required); !fine)
    return fine;
  if (!who.is_operator && !who.agent.empty() && who.agent != agent)
    return errc::operator_required;
  return {};
}

std::string reader_of(const request& from) {
  if (!from.who.agent.empty())
    return from.who.agent;
  return query_value(from.query, "agent").value_or("");
}

std::string releaser_of(const request& from) {
  const auto& who = from.who;
  // What a token proves is compared with what the query says, so it is read there too.
  const bool is_asked = who.proven || who.how == identity::mode::open;
  auto asked = is_asked ? query_value(from.query, "agent_id").value_or("") : std::string{};
  return asked.empty() ? who.agent : asked;
}

base::result<actors::idempotency> claim_of(const request& from, std::string_view project,
                                           std::string_view acting, std::string body_digest) {
  const auto key = from.idempotency_key;
  if (key.empty() || key.size() > key_bytes_max)
    return errc::invalid_idempotency_key;
  const auto identity = from.who.agent.empty() ? acting : std::string_view{from.who.agent};
  const auto parts = {project, identity, name_of(from.method), from.path, from.query, key};
  return actors::idempotency{digest_of({}, parts), std::move(body_digest),
                             digest_of("intermute reply", parts)};
}

} // namespace intermute::transport::http
