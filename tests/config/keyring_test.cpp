#include "config/keyring.hpp"

#include <catch2/catch.hpp>

using namespace intermute::config;

namespace {

using lines = std::vector<std::string>;

// printf one | sha256sum
constexpr std::string_view print_of_one = "7692c3ad";
constexpr std::string_view print_of_two = "3fc4ccfe";

keyring ring(std::initializer_list<std::pair<std::string, keyring::grant>> keys) {
  keyring made;
  for (const auto& [key, what] : keys)
    REQUIRE(made.add(key, what) == nullptr);
  return made;
}

} // namespace

TEST_CASE("a keyring tells what a key opens", "[config][keys]") {
  const auto keys = ring({{"one", {"a", false}}, {"two", {"", true}}});
  REQUIRE(keys.find("one") != nullptr);
  CHECK(*keys.find("one") == keyring::grant{"a", false});
  REQUIRE(keys.find("two") != nullptr);
  CHECK(keys.find("two")->is_operator);
  CHECK(keys.find("three") == nullptr);
  CHECK(keys.find("") == nullptr);
  CHECK(keys.find(" one") == nullptr);
  CHECK(keys.find("One") == nullptr);
  CHECK(keys.size() == 2);
  CHECK(keys.has_operators());
}

TEST_CASE("an empty keyring opens nothing and lets localhost in", "[config][keys]") {
  const keyring none;
  CHECK(none.find("") == nullptr);
  CHECK(none.allow_localhost);
  CHECK_FALSE(none.has_operators());
  CHECK(none.size() == 0);
}

TEST_CASE("a key opens one thing", "[config][keys]") {
  auto keys = ring({{"one", {"a", false}}});
  CHECK(keys.add("one", {"a", false}) == nullptr);
  CHECK(keys.size() == 1);
  const auto* const taken = keys.add("one", {"b", false});
  REQUIRE(taken != nullptr);
  CHECK(taken->project == "a");
  CHECK(keys.add("one", {"", true}) != nullptr);
  CHECK(keys.find("one")->project == "a");
  CHECK_FALSE(keys.has_operators());
}

TEST_CASE("equal keyrings do not differ", "[config][keys]") {
  CHECK(differences(ring({{"one", {"a", false}}}), ring({{"one", {"a", false}}})).empty());
}

TEST_CASE("each difference is a line, without the key", "[config][keys]") {
  const std::string one{print_of_one};
  const std::string two{print_of_two};
  const keyring none;
  const auto a = ring({{"one", {"a", false}}});
  CHECK(differences(none, a) == lines{"key " + one + " of project a added"});
  CHECK(differences(a, none) == lines{"key " + one + " of project a removed"});
  CHECK(differences(a, ring({{"one", {"b", false}}}))
        == lines{"key " + one + " of project a removed", "key " + one + " of project b added"});
  CHECK(differences(ring({{"one", {"a", false}}, {"two", {"", true}}}), a)
        == lines{"operator key " + two + " removed"});
  auto closed = a;
  closed.allow_localhost = false;
  CHECK(differences(a, closed) == lines{"localhost allowed true -> false"});
  CHECK(differences(closed, a) == lines{"localhost allowed false -> true"});
}

TEST_CASE("a project's name forges no line of the log", "[config][keys]") {
  const auto odd = ring({{"one", {"a\nkey", false}}});
  CHECK(differences({}, odd)
        == lines{"key " + std::string{print_of_one} + " of project \"a\\nkey\" added"});
}

TEST_CASE("a server that others can reach needs a key", "[config][keys]") {
  settings with;
  const keyring none;
  const auto one = ring({{"one", {"a", false}}});
  const auto an_operator = ring({{"one", {"", true}}});
  for (const auto* host : {"127.0.0.1", "::1", "localhost"}) {
    with.server.host = host;
    CHECK(check_exposure(with, none));
  }
  for (const auto* host : {"0.0.0.0", "::", "192.168.1.1"}) {
    with.server.host = host;
    CHECK(check_exposure(with, one));
    CHECK(check_exposure(with, an_operator));
    const auto refused = check_exposure(with, none);
    REQUIRE_FALSE(refused);
    CHECK(refused.why().code == intermute::base::errc::invalid_request);
    CHECK(refused.why().detail
          == "Other machines can reach server.host " + std::string{host}
               + ", but the keys file ./intermute.keys.yaml has no key, so nobody there could be "
                 "let in. Make one with `intermute init --project NAME`, or listen on 127.0.0.1.");
  }
}
