#include "base/result.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace intermute::base {
namespace {

result<void> refused() { return {errc::mailbox_full, "Come back later.", "project"}; }

} // namespace

TEST_CASE("a result holds a value") {
  result<std::string> one{"text"};
  REQUIRE(one);
  REQUIRE(*one == "text");
  REQUIRE(one->size() == 4);
  *one += "s";
  const auto copy = one;
  REQUIRE(*copy == "texts");
}

TEST_CASE("a result holds the error that took the place of the value") {
  const result<int> one{errc::agent_not_found, "detail", "field"};
  REQUIRE_FALSE(one);
  REQUIRE(one.why().code == errc::agent_not_found);
  REQUIRE(one.why().detail == "detail");
  REQUIRE(one.why().where == "field");
  const result<int> bare{errc::internal};
  REQUIRE(bare.why().detail.empty());
  REQUIRE(bare.why().where.empty());
}

TEST_CASE("an error passes from one result to another whole") {
  const auto outer = []() -> result<std::string> {
    if (auto done = refused(); !done)
      return done.why();
    return std::string{"never"};
  };
  const auto one = outer();
  REQUIRE_FALSE(one);
  REQUIRE(one.why().code == errc::mailbox_full);
  REQUIRE(one.why().detail == "Come back later.");
  REQUIRE(one.why().where == "project");
}

TEST_CASE("a value can be moved out of a result") {
  result<std::unique_ptr<int>> one{std::make_unique<int>(7)};
  const auto taken = std::move(*one);
  REQUIRE(*taken == 7);
}

TEST_CASE("a false value is a success") {
  REQUIRE(result<bool>{false});
  REQUIRE_FALSE(*result<bool>{false});
  REQUIRE(result<std::unique_ptr<int>>{nullptr});
}

TEST_CASE("success without a value") {
  REQUIRE(result<void>{});
  REQUIRE_FALSE(refused());
  REQUIRE(refused().why().code == errc::mailbox_full);
  REQUIRE_FALSE(result<void>{error{errc::internal, {}, {}}});
}

} // namespace intermute::base
