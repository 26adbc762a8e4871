#include "domain/agent.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

constexpr base::wall_time noon{std::chrono::hours{12}};

} // namespace

TEST_CASE("focus has four names") {
  REQUIRE(parse_focus("unknown") == focus::unknown);
  REQUIRE(parse_focus("at-prompt") == focus::at_prompt);
  REQUIRE(parse_focus("tool-use") == focus::tool_use);
  REQUIRE(parse_focus("thinking") == focus::thinking);
}

TEST_CASE("every other text names no focus") {
  const std::string text = GENERATE(as<std::string>{}, "", "at_prompt", "Thinking", " thinking",
                                    "thinking ", "think", "tool-use\n");
  CAPTURE(text);
  REQUIRE_FALSE(parse_focus(text));
}

TEST_CASE("a session can be taken over from exactly five minutes of silence on") {
  REQUIRE_FALSE(session_reusable(noon, noon, false));
  REQUIRE_FALSE(session_reusable(noon, noon + 5min - 1ns, false));
  REQUIRE(session_reusable(noon, noon + 5min, false));
  REQUIRE(session_reusable(noon, noon + 24h, false));
}

TEST_CASE("a session whose agent holds reservations is never taken over") {
  REQUIRE_FALSE(session_reusable(noon, noon + 5min, true));
  REQUIRE_FALSE(session_reusable(noon, noon + 24h, true));
}

TEST_CASE("a session seen in the future is not taken over") {
  REQUIRE_FALSE(session_reusable(noon + 10min, noon, false));
}

TEST_CASE("one wanted capability is enough") {
  const std::optional<names> has = names{"review", "build"};
  REQUIRE(has_any_capability(has, {"deploy", "build"}));
  REQUIRE(has_any_capability(has, {"review"}));
  REQUIRE_FALSE(has_any_capability(has, {"deploy"}));
}

TEST_CASE("capabilities are compared exactly") {
  const std::optional<names> has = names{"review"};
  REQUIRE_FALSE(has_any_capability(has, {"Review"}));
  REQUIRE_FALSE(has_any_capability(has, {"rev"}));
  REQUIRE_FALSE(has_any_capability(has, {""}));
}

TEST_CASE("who wants nothing gets everybody, who has nothing is not found") {
  REQUIRE(has_any_capability(names{"review"}, {}));
  REQUIRE(has_any_capability(names{}, {}));
  REQUIRE(has_any_capability(std::nullopt, {}));
  REQUIRE_FALSE(has_any_capability(names{}, {"review"}));
  REQUIRE_FALSE(has_any_capability(std::nullopt, {"review"}));
}

TEST_CASE("a capability list is split at commas and trimmed") {
  REQUIRE(parse_capabilities("a,b") == names{"a", "b"});
  REQUIRE(parse_capabilities(" a b ,\tc\u00a0") == names{"a b", "c"});
  REQUIRE(parse_capabilities("b,a,b") == names{"b", "a", "b"});
}

TEST_CASE("empty capabilities are dropped") {
  REQUIRE(parse_capabilities(",, a ,,").size() == 1);
  REQUIRE(parse_capabilities("").empty());
  REQUIRE(parse_capabilities(" , ").empty());
}

} // namespace intermute::domain
