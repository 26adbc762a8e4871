#include "rig.hpp"
#include "transport/http/authenticator.hpp"

using namespace intermute;
using namespace intermute::tests;
using namespace intermute::transport;
using base::errc;
using http::identity;
using http::peer;

namespace {

/// The agents `a1` of project p and `a2` of q, the keys of p and q, and an operator's key.
class gate {
public:
  played_front front;
  access_rules rules;
  access_rules_slot slot;
  http::authenticator auth{slot, front};
  std::unique_ptr<http::remembered> last;

  explicit gate(bool localhost = true, bool operators = false) {
    auto keys = std::make_shared<config::keyring>();
    keys->allow_localhost = localhost;
    keys->add("key-p", {"p", false});
    keys->add("key-q", {"q", false});
    if (operators)
      keys->add("key-op", {"", true});
    rules.keys = std::move(keys);
    slot.store(rules);
    front.put_agent("a1", "p", "token-1");
    front.put_agent("a2", "q", "token-2");
  }
};

/// What a request says of its sender; what is empty is not sent.
struct claim {
  peer from = peer::loopback;
  std::string authorization;
  std::string token;
  std::string agent;
  std::string forwarded_for;
};

http::request request_of(const claim& what) {
  http::request one;
  one.has_authorization = !what.authorization.empty();
  one.authorization = what.authorization;
  one.agent_token = what.token;
  one.agent_id = what.agent;
  one.has_forwarded_for = !what.forwarded_for.empty();
  one.forwarded_for = what.forwarded_for;
  return one;
}

/// Who it is in a line: "key p agent proven operator", or the code of the refusal.
std::string said_of(gate& at, const claim& what) {
  auto one = request_of(what);
  const auto where = at.auth.look(one, what.from, at.last);
  if (const auto fine = at.auth.authenticate(one, where, at.last); !fine)
    return std::string{base::to_string(fine.why().code)};
  constexpr std::array<const char*, 3> modes{"local", "key", "open"};
  std::string text = modes.at(static_cast<std::size_t>(one.who.how));
  if (one.who.project)
    text += ' ' + *one.who.project;
  if (!one.who.agent.empty())
    text += ' ' + one.who.agent;
  text += one.who.proven ? " proven" : "";
  text += one.who.is_operator ? " operator" : "";
  return text;
}

const std::string key_p = "Bearer key-p";
const std::string key_q = "Bearer key-q";
const std::string key_op = "Bearer key-op";

struct row {
  claim what;
  std::string plain;     ///< Localhost is allowed, nobody has an operator's key.
  std::string operators; ///< Somebody has one.
  std::string strict;    ///< Localhost needs a key.
};

} // namespace

TEST_CASE("who sends follows from peer, key, token and name", "[auth]") {
  using enum peer;
  const auto one = GENERATE(values<row>({
    // By TCP from this machine.
    {{loopback, "", "", "", ""}, "local operator", "local", "unauthorized"},
    {{loopback, "", "", "a1", ""}, "local a1", "local a1", "unauthorized"},
    {{loopback, "", "token-1", "", ""}, "local a1 proven", "local a1 proven", "unauthorized"},
    {{loopback, "", "token-1", "a1", ""}, "local a1 proven", "local a1 proven", "unauthorized"},
    {{loopback, "", "token-1", "a2", ""},
     "agent_identity_mismatch",
     "agent_identity_mismatch",
     "agent_identity_mismatch"},
    {{loopback, "", "guess", "", ""},
     "agent_token_unknown",
     "agent_token_unknown",
     "agent_token_unknown"},
    {{loopback, key_p, "", "", ""}, "local operator", "local", "key p"},
    {{loopback, key_p, "", "a1", ""}, "local a1", "local a1", "key p a1"},
    {{loopback, key_p, "token-2", "", ""},
     "local a2 proven",
     "local a2 proven",
     "agent_identity_mismatch"},
    {{loopback, "Bearer guess", "", "", ""}, "local operator", "local", "unauthorized"},
    {{loopback, key_op, "", "", ""}, "local operator", "key operator", "unauthorized"},
    {{loopback, key_op, "", "a1", ""}, "local a1", "key a1 operator", "unauthorized"},
    // Forwarded by a proxy of this machine, for another one.
    {{loopback, "", "", "", "10.0.0.1"}, "unauthorized", "unauthorized", "unauthorized"},
    {{loopback, key_p, "", "", "10.0.0.1"}, "key p", "key p", "key p"},
    {{loopback, key_op, "", "", "10.0.0.1"}, "unauthorized", "key operator", "unauthorized"},
    // From another machine.
    {{remote, "", "", "", ""}, "unauthorized", "unauthorized", "unauthorized"},
    {{remote, "", "", "", "127.0.0.1"}, "unauthorized", "unauthorized", "unauthorized"},
    {{remote, "", "token-1", "", ""}, "unauthorized", "unauthorized", "unauthorized"},
    {{remote, key_p, "", "", ""}, "key p", "key p", "key p"},
    {{remote, key_p, "", "anybody", ""}, "key p anybody", "key p anybody", "key p anybody"},
    {{remote, key_p, "token-1", "", ""}, "key p a1 proven", "key p a1 proven", "key p a1 proven"},
    {{remote, key_q, "token-1", "a1", ""},
     "agent_identity_mismatch",
     "agent_identity_mismatch",
     "agent_identity_mismatch"},
    {{remote, key_p, "guess", "", ""},
     "agent_token_unknown",
     "agent_token_unknown",
     "agent_token_unknown"},
    {{remote, key_op, "", "", ""}, "unauthorized", "key operator", "unauthorized"},
    {{remote, key_op, "token-2", "", ""}, "unauthorized", "key a2 proven operator", "unauthorized"},
    // By the Unix socket.
    {{own_user, "", "", "", ""}, "local operator", "local operator", "local operator"},
    {{own_user, "", "", "a1", ""}, "local a1", "local a1", "local a1"},
    {{own_user, key_q, "token-1", "", ""}, "local a1 proven", "local a1 proven", "local a1 proven"},
    {{own_user, "", "", "", "10.0.0.1"}, "unauthorized", "unauthorized", "unauthorized"},
    {{other_user, "", "", "", ""}, "unauthorized", "unauthorized", "unauthorized"},
    {{other_user, "", "", "", "127.0.0.1"}, "unauthorized", "unauthorized", "unauthorized"},
    {{other_user, key_q, "", "", ""}, "key q", "key q", "key q"},
    {{other_user, key_op, "", "", ""}, "unauthorized", "key operator", "unauthorized"},
  }));
  CAPTURE(static_cast<int>(one.what.from), one.what.authorization, one.what.token, one.what.agent,
          one.what.forwarded_for);
  gate plain;
  gate operators{true, true};
  gate strict{false};
  for (int i = 0; i < 2; ++i) { // The second time from what the connection remembers.
    CHECK(said_of(plain, one.what) == one.plain);
    CHECK(said_of(operators, one.what) == one.operators);
    CHECK(said_of(strict, one.what) == one.strict);
  }
}

TEST_CASE("a key is what stands behind Bearer", "[auth]") {
  gate at;
  const auto said = [&](const std::string& text) {
    return said_of(at, {peer::remote, text, "", "", ""});
  };
  for (const auto* good : {"Bearer key-p", "bearer key-p", "BEARER key-p", "Bearer   key-p  "})
    CHECK(said(good) == "key p");
  for (const auto* bad : {"key-p", "Bearer", "Bearer ", "Bearer\tkey-p", "Basic key-p",
                          "Bearer key-p key-p", "Bearer Key-p", "Bearer key-p,", " Bearer key-p"})
    CHECK(said(bad) == "unauthorized");
}

TEST_CASE("the first entry of X-Forwarded-For decides", "[auth]") {
  for (const auto* local :
       {"", " ", "\t", "127.0.0.1", "127.9.8.7", " 127.0.0.1 ", "::1", "0:0:0:0:0:0:0:1",
        "::ffff:127.0.0.1", "::ffff:7f00:1", "localhost", "LocalHost", "127.0.0.1, 203.0.113.10",
        ", 203.0.113.10", " ,203.0.113.10", "::1,10.0.0.1", "localhost,x"}) {
    CAPTURE(local);
    CHECK(http::is_forwarded_locally(local));
  }
  for (const auto* remote : {"203.0.113.10",
                             "203.0.113.10, 127.0.0.1",
                             "127.0.0.1:99",
                             "[::1]",
                             "[::1]:80",
                             "::1%lo",
                             "::1%1",
                             "127.1",
                             "0127.0.0.1",
                             "2130706433",
                             "0x7f.0.0.1",
                             "0.0.0.0",
                             "::",
                             "::ffff:10.0.0.1",
                             "::127.0.0.1",
                             "localhost.",
                             "localhost:80",
                             "unknown",
                             "\"127.0.0.1\"",
                             "127.0.0.1 10.0.0.1",
                             "127.0.0.1;",
                             "-"}) {
    CAPTURE(remote);
    CHECK_FALSE(http::is_forwarded_locally(remote));
  }
}

TEST_CASE("an open server lets everybody in, and believes what a token proves", "[auth]") {
  gate at{false};
  at.rules.open = true;
  at.slot.store(at.rules);
  const auto said = [&](peer from, const std::string& token, const std::string& agent) {
    return said_of(at, {from, "", token, agent, ""});
  };
  CHECK(said(peer::remote, "", "") == "open");
  CHECK(said(peer::remote, "", "a1") == "open a1");
  CHECK(said(peer::remote, "guess", "a1") == "open a1");
  CHECK(said(peer::remote, "token-1", "") == "open a1 proven");
  CHECK(said(peer::remote, "token-1", "a2") == "agent_identity_mismatch");
  CHECK(said(peer::loopback, "", "") == "open operator");
}

TEST_CASE("a setting takes callers of this machine the operating away", "[auth]") {
  gate at;
  at.rules.admin_allow_localhost = false;
  at.slot.store(at.rules);
  CHECK(said_of(at, {peer::loopback, "", "", "", ""}) == "local");
  CHECK(said_of(at, {peer::own_user, "", "", "", ""}) == "local operator");
}

TEST_CASE("the name of an agent is text", "[auth]") {
  gate at;
  CHECK(said_of(at, {peer::loopback, "", "", "a\xff", ""}) == "invalid_utf8");
}

TEST_CASE("a connection that says the same again costs no hash", "[auth]") {
  gate at;
  const claim poll{peer::remote, key_p, "token-1", "a1", ""};
  for (int i = 0; i < 100; ++i)
    CHECK(said_of(at, poll) == "key p a1 proven");
  CHECK(at.auth.hashes() == 2);
  at.front.put_agent("a3", "p", "token-3"); // Another agent: a look-up, and no hash.
  CHECK(said_of(at, poll) == "key p a1 proven");
  CHECK(at.auth.hashes() == 2);
  CHECK(said_of(at, {peer::loopback, "", "", "a1", ""}) == "local a1");
  CHECK(at.auth.hashes() == 2);
  CHECK(said_of(at, {peer::remote, "Bearer guess", "token-1", "", ""}) == "unauthorized");
  CHECK(said_of(at, {peer::remote, "Bearer guess", "token-1", "", ""}) == "unauthorized");
  CHECK(at.auth.hashes() == 3);
  CHECK(said_of(at, poll) == "key p a1 proven");
  CHECK(at.auth.hashes() == 4);
}

TEST_CASE("what changes is seen by the next request of a connection", "[auth]") {
  gate at;
  const claim poll{peer::remote, key_p, "token-1", "", ""};
  CHECK(said_of(at, poll) == "key p a1 proven");

  at.front.put_agent("a1", "p", "token-new");
  CHECK(said_of(at, poll) == "agent_token_unknown");
  CHECK(said_of(at, {peer::remote, key_p, "token-new", "", ""}) == "key p a1 proven");
  at.front.put_agent("a1", "p", "token-new", true);
  CHECK(said_of(at, {peer::remote, key_p, "token-new", "", ""}) == "agent_token_unknown");
  at.front.put_agent("a1", "p", "token-1");
  CHECK(said_of(at, poll) == "key p a1 proven");

  auto keys = std::make_shared<config::keyring>();
  keys->add("key-p", {"elsewhere", false});
  at.rules.keys = std::move(keys);
  at.slot.store(at.rules);
  CHECK(said_of(at, poll) == "agent_identity_mismatch");
  CHECK(said_of(at, {peer::remote, key_p, "", "", ""}) == "key elsewhere");
  at.rules.keys = nullptr;
  at.slot.store(at.rules);
  CHECK(said_of(at, {peer::remote, key_p, "", "", ""}) == "unauthorized");
}

TEST_CASE("what is too long to be remembered is right all the same", "[auth]") {
  gate at;
  const std::string key(300, 'k');
  auto keys = std::make_shared<config::keyring>(*at.rules.keys);
  keys->add(key, {"long", false});
  at.rules.keys = std::move(keys);
  at.slot.store(at.rules);
  at.front.put_agent("a4", "long", std::string(300, 't'));
  const claim poll{peer::remote, "Bearer " + key, std::string(300, 't'), "", ""};
  for (int i = 0; i < 3; ++i)
    CHECK(said_of(at, poll) == "key long a4 proven");
  CHECK(at.auth.hashes() == 6);
  CHECK(at.last->authorization.empty());
  CHECK(at.last->token.empty());
}
