#include "domain/glob.hpp"
#include "tests/domain/glob/oracle.hpp"
#include "tests/domain/glob/vectors.hpp"

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>

namespace intermute::domain {
namespace {

using test::glob_oracle;
using texts = std::vector<std::string>;

/// Few letters and many signs, so that patterns often have something to do with each other.
const texts pattern_parts{"a",
                          "a",
                          "b",
                          "-",
                          ".",
                          ".",
                          "..",
                          "*",
                          "*",
                          "**",
                          "?",
                          "/",
                          "/",
                          "/",
                          "[ab]",
                          "[!a]",
                          "[^.]",
                          "[.]",
                          "[.a]",
                          "[a-b]",
                          "[--a]",
                          "[]a]",
                          "[a-]",
                          "[a-b-.]",
                          "[!]",
                          "]",
                          "{",
                          "}",
                          ",",
                          "{a,b}",
                          "{,a}",
                          "{*,?}",
                          "{.,..}",
                          "{/,b}",
                          "{a/b,**}",
                          "**/",
                          "/**",
                          "./",
                          "../",
                          "\\.",
                          "\\a",
                          "\\*",
                          "\\{",
                          "\\",
                          "\xC3\xA9",
                          "[!\xC3\xA9]",
                          "[\xC3\xA0-\xC3\xBF]",
                          "\xF0\x9F\x98\x80"};
const texts path_parts{"a", "a", "b", "-", ".", "..", "/", "/", "*", "{", ",", "\xC3\xA9"};

std::string joined(const texts& parts) {
  std::string result;
  for (const auto& part : parts)
    result += part;
  return result;
}

rc::Gen<texts> some(const texts& parts) {
  return rc::gen::resize(6, rc::gen::container<texts>(rc::gen::elementOf(parts)));
}

/// Checks `property` on cases of a fixed seed; RC_PARAMS chooses another or a number of cases.
template <class Property>
void require(const char* name, const Property& property) {
  const auto* cases = std::getenv("INTERMUTE_NIGHTLY") != nullptr ? "seed=1 max_success=30000"
                                                                  : "seed=1 max_success=1500";
  setenv("RC_PARAMS", cases, 0);
  REQUIRE(rc::check(name, property));
}

/// Two patterns that often begin alike.
std::pair<std::string, std::string> drawn_pair() {
  const auto common = joined(*some(pattern_parts));
  return {common + joined(*some(pattern_parts)), common + joined(*some(pattern_parts))};
}

} // namespace

TEST_CASE("glob oracle: it agrees with the vectors") {
  const auto vectors = test::read_glob_vectors();
  for (const auto& one : vectors.overlaps) {
    CAPTURE(one.a, one.b);
    const auto a = glob_oracle::parse(one.a);
    const auto b = glob_oracle::parse(one.b);
    REQUIRE((a && b));
    CHECK(a->witness(*b).has_value() == one.overlap);
  }
  for (const auto& pattern : vectors.invalid) {
    CAPTURE(pattern);
    CHECK_FALSE(glob_oracle::parse(pattern));
  }
}

TEST_CASE("glob properties: the same patterns are valid as for the oracle") {
  require("valid patterns", [] {
    const auto text = joined(*some(pattern_parts)) + joined(*some(pattern_parts));
    RC_ASSERT(static_cast<bool>(glob::parse(text)) == glob_oracle::parse(text).has_value());
  });
}

TEST_CASE("glob properties: overlaps is symmetric and agrees with the oracle and its witness") {
  int tried = 0;
  int found = 0;
  require("overlaps", [&] {
    const auto [a_text, b_text] = drawn_pair();
    const auto a = glob::parse(a_text);
    const auto b = glob::parse(b_text);
    if (!a || !b)
      return;
    const auto witness = glob_oracle::parse(a_text)->witness(*glob_oracle::parse(b_text));
    ++tried;
    RC_ASSERT(a->overlaps(*b) == witness.has_value());
    RC_ASSERT(b->overlaps(*a) == witness.has_value());
    RC_ASSERT(a->cost(*b) == b->cost(*a));
    if (!witness)
      return;
    ++found;
    RC_ASSERT(*normal_path(*witness) == *witness);
    RC_ASSERT(a->matches(*witness));
    RC_ASSERT(b->matches(*witness));
  });
  CHECK(found > tried / 10); // Else the answer "no" would do.
}

TEST_CASE("glob properties: what matches anything overlaps itself and begins as it says") {
  require("itself", [] {
    const auto text = joined(*some(pattern_parts));
    const auto one = glob::parse(text);
    if (!one)
      return;
    const auto whole = *glob::parse("**");
    RC_ASSERT(one->overlaps(*one) == one->overlaps(whole));
    const auto witness = glob_oracle::parse(text)->witness(*glob_oracle::parse("**"));
    RC_ASSERT(one->overlaps(*one) == witness.has_value());
    const auto prefixes = one->literal_prefixes();
    RC_ASSERT(prefixes.empty() == !witness.has_value());
    const auto begins = [&](const std::string& prefix) {
      return prefix.empty() || *witness == prefix || witness->starts_with(prefix + '/');
    };
    RC_ASSERT(!witness || std::any_of(prefixes.begin(), prefixes.end(), begins));
  });
}

TEST_CASE("glob properties: matches agrees with the oracle, and with the escaped path") {
  int tried = 0;
  int found = 0;
  require("matches", [&] {
    const auto text = joined(*some(pattern_parts));
    const auto path = joined(*some(path_parts));
    const auto one = glob::parse(text);
    if (!one)
      return;
    const auto normal = normal_path(path);
    RC_ASSERT(!one->matches(path) || normal);
    if (!normal)
      return;
    const auto of_path = glob_oracle::of_path(*normal);
    const auto expected = glob_oracle::parse(text)->witness(of_path).has_value();
    ++tried;
    found += expected ? 1 : 0;
    RC_ASSERT(one->matches(path) == expected);
    RC_ASSERT(one->overlaps(*glob::parse(test::escaped_path(*normal))) == expected);
  });
  CHECK(found > tried / 20);
}

} // namespace intermute::domain
