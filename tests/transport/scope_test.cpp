#include "base/sha256.hpp"
#include "transport/http/scope.hpp"

#include <catch2/catch.hpp>

#include <functional>
#include <set>
#include <string>
#include <vector>

using namespace intermute;
using base::errc;
using transport::http::identity;
using transport::http::unnamed;
namespace http = transport::http;

namespace {

identity local() { return {}; }

identity with_key(const std::string& project) {
  identity who;
  who.how = identity::mode::key;
  who.project = project;
  return who;
}

identity named(identity who, const std::string& agent, bool proven = false) {
  who.agent = agent;
  who.proven = proven;
  return who;
}

identity operating(identity who) {
  who.is_operator = true;
  return who;
}

identity with_operator_key() {
  identity who;
  who.how = identity::mode::key;
  return operating(who);
}

/// What a result is: its value or the name of its failure.
std::string text_of(const base::result<std::string>& got) {
  return got ? "'" + *got + "'" : std::string{to_string(got.why().code)};
}
std::string text_of(const base::result<std::optional<std::string>>& got) {
  if (!got)
    return std::string{to_string(got.why().code)};
  return *got ? "'" + **got + "'" : "all";
}
std::string text_of(const base::result<void>& got) {
  return got ? "fine" : std::string{to_string(got.why().code)};
}

struct project_case {
  std::string named;
  std::string local;       ///< `project_of`, in local mode.
  std::string own;         ///< With a key of `p`, where a blank name means the key's.
  std::string refused;     ///< With that key, where a blank name is refused.
  std::string local_reads; ///< `projects_of`, in local mode.
  std::string key_reads;   ///< With that key.
};

struct acting_case {
  std::string what;
  identity who;
  bool token_required;
  std::string acting; ///< As `ada`.
  std::string owning; ///< Of what is ada's.
};

/// A request with a key; the views point to the literals.
http::request keyed() {
  http::request one;
  one.method = http::verb::post;
  one.path = "/api/messages";
  one.query = "a=1";
  one.has_idempotency_key = true;
  one.idempotency_key = "key";
  return one;
}

actors::idempotency claim(const http::request& one, const std::string& project = "p",
                          const std::string& acting = "ada", const std::string& body = "b") {
  auto made = http::claim_of(one, project, acting, base::sha256(body));
  REQUIRE(made);
  return *made;
}

} // namespace

TEST_CASE("a request concerns the project that it names, or that of its key", "[scope]") {
  const auto one = GENERATE(values<project_case>({
    {"p", "'p'", "'p'", "'p'", "'p'", "'p'"},
    {"q", "'q'", "project_mismatch", "project_mismatch", "'q'", "project_mismatch"},
    {"P", "'P'", "project_mismatch", "project_mismatch", "'P'", "project_mismatch"},
    {" p", "' p'", "project_mismatch", "project_mismatch", "' p'", "project_mismatch"},
    {"", "''", "'p'", "project_required", "all", "'p'"},
    {"  ", "'  '", "'p'", "project_required", "'  '", "'p'"},
  }));
  CAPTURE(one.named);
  const auto key = with_key("p");
  CHECK(text_of(http::project_of(local(), one.named)) == one.local);
  CHECK(text_of(http::project_of(local(), one.named, unnamed::is_refused)) == one.local);
  CHECK(text_of(http::project_of(key, one.named)) == one.own);
  CHECK(text_of(http::project_of(key, one.named, unnamed::is_refused)) == one.refused);
  CHECK(text_of(http::projects_of(local(), one.named)) == one.local_reads);
  CHECK(text_of(http::projects_of(key, one.named)) == one.key_reads);
  CHECK(text_of(http::project_of(with_operator_key(), one.named)) == one.local);
}

TEST_CASE("a key never opens all projects", "[scope]") {
  CHECK(text_of(http::projects_of(with_key(""), "")) == "''");
}

TEST_CASE("who may act as an agent and who may change what is its own", "[scope]") {
  const auto ada = named(local(), "ada");
  const auto bob = named(local(), "bob");
  const auto proven_ada = named(local(), "ada", true);
  const auto proven_bob = named(with_key("p"), "bob", true);
  const std::string needs = "agent_token_required";
  const std::string mismatch = "agent_identity_mismatch";
  const std::vector<acting_case> cases{
    {"nobody", local(), false, "fine", "fine"},
    {"ada says so", ada, false, "fine", "fine"},
    {"bob says so", bob, false, "fine", "operator_required"},
    {"ada's token", proven_ada, false, "fine", "fine"},
    {"bob's token", proven_bob, false, mismatch, mismatch},
    {"a key", with_key("p"), false, "fine", "fine"},
    {"bob with a key", named(with_key("p"), "bob"), false, "fine", "operator_required"},
    {"an operator of this machine", operating(local()), false, "fine", "fine"},
    {"an operator's key", with_operator_key(), false, "fine", "fine"},
    {"bob with an operator's key", named(with_operator_key(), "bob"), false, "fine", "fine"},
    {"bob's token with an operator's key", named(with_operator_key(), "bob", true), false, mismatch,
     mismatch},
    {"nobody where tokens are required", local(), true, needs, needs},
    {"ada says so where tokens are required", ada, true, needs, needs},
    {"ada's token where it is required", proven_ada, true, "fine", "fine"},
    {"bob's token where it is required", proven_bob, true, mismatch, mismatch},
    {"a key where tokens are required", with_key("p"), true, needs, needs},
    {"an operator of this machine where tokens are required", operating(local()), true, needs,
     needs},
    {"an operator's key where tokens are required", with_operator_key(), true, "fine", "fine"},
  };
  for (const auto& one : cases) {
    CAPTURE(one.what);
    CHECK(text_of(http::check_acting(one.who, "ada", one.token_required)) == one.acting);
    CHECK(text_of(http::check_owning(one.who, "ada", one.token_required)) == one.owning);
  }
}

TEST_CASE("a token that proves an agent does not stand for no agent", "[scope]") {
  const auto proven = named(local(), "ada", true);
  CHECK(text_of(http::check_acting(proven, "", false)) == "agent_identity_mismatch");
}

TEST_CASE("the reader is who the caller is, else who the query names", "[scope]") {
  http::request one;
  CHECK(http::reader_of(one).empty());
  one.query = "agent=bob";
  CHECK(http::reader_of(one) == "bob");
  one.who = named(local(), "ada");
  CHECK(http::reader_of(one) == "ada");
}

TEST_CASE("the releaser is who the caller is, and whom the query names where that counts",
          "[scope]") {
  http::request one;
  const auto releaser = [&](const identity& who, std::string_view query) {
    one.who = who;
    one.query = query;
    return http::releaser_of(one);
  };
  identity open;
  open.how = identity::mode::open;
  CHECK(releaser(local(), "").empty());
  CHECK(releaser(local(), "agent_id=bob").empty());
  CHECK(releaser(named(local(), "ada"), "") == "ada");
  CHECK(releaser(named(local(), "ada"), "agent_id=bob") == "ada");
  CHECK(releaser(named(with_key("p"), "ada"), "agent_id=bob") == "ada");
  CHECK(releaser(with_key("p"), "agent_id=bob").empty());
  CHECK(releaser(open, "agent_id=bob") == "bob");
  CHECK(releaser(named(open, "ada"), "agent_id=bob") == "bob");
  CHECK(releaser(named(open, "ada"), "") == "ada");
  // What a token proves is compared with what the query says: that is for `check_acting`.
  CHECK(releaser(named(local(), "ada", true), "agent_id=bob") == "bob");
  CHECK(releaser(named(local(), "ada", true), "") == "ada");
}

TEST_CASE("a claim stands for everything that names the request", "[scope]") {
  const auto first = claim(keyed());
  CHECK(first.scope.size() == 32);
  CHECK(first.secret.size() == 32);
  CHECK(first.scope != first.secret);
  CHECK(first.body == base::sha256("b"));
  const auto again = claim(keyed());
  CHECK(again.scope == first.scope);
  CHECK(again.secret == first.secret);

  std::set<std::string> scopes{first.scope};
  std::set<std::string> secrets{first.secret};
  const auto differs = [&](const actors::idempotency& other) {
    CHECK(scopes.insert(other.scope).second);
    CHECK(secrets.insert(other.secret).second);
  };
  const auto changed = [&](const std::function<void(http::request&)>& change) {
    auto one = keyed();
    change(one);
    differs(claim(one));
  };
  differs(claim(keyed(), "q"));
  differs(claim(keyed(), "p", "bob"));
  changed([](auto& one) { one.method = http::verb::put; });
  changed([](auto& one) { one.path = "/api/broadcast"; });
  changed([](auto& one) { one.path = "/api/messages/"; });
  changed([](auto& one) { one.query = "a=2"; });
  changed([](auto& one) { one.query = ""; });
  changed([](auto& one) { one.idempotency_key = "kez"; });
  // The same letters in other parts.
  changed([](auto& one) {
    one.query = "a=";
    one.idempotency_key = "1key";
  });
  differs(claim(keyed(), "pa", "da"));

  const auto other_body = claim(keyed(), "p", "ada", "c");
  CHECK(other_body.scope == first.scope);
  CHECK(other_body.body != first.body);
}

TEST_CASE("a claim is of who calls, else of the agent that is acted as", "[scope]") {
  auto one = keyed();
  one.who = named(local(), "ada");
  CHECK(claim(one, "p", "bob").scope == claim(keyed(), "p", "ada").scope);
  CHECK(claim(one, "p", "bob").scope == claim(one, "p", "carol").scope);
  one.who = named(local(), "ada", true);
  CHECK(claim(one, "p", "").scope == claim(keyed(), "p", "ada").scope);
}

TEST_CASE("an Idempotency-Key has 1 to 255 bytes", "[scope]") {
  auto one = keyed();
  const auto judged = [&](const std::string& key) {
    one.idempotency_key = key;
    const auto made = http::claim_of(one, "p", "ada", "");
    return made ? std::string{"fine"} : std::string{to_string(made.why().code)};
  };
  CHECK(judged("k") == "fine");
  CHECK(judged(std::string(255, 'k')) == "fine");
  CHECK(judged("") == "invalid_idempotency_key");
  CHECK(judged(std::string(256, 'k')) == "invalid_idempotency_key");
}
