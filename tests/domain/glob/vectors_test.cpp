#include "domain/glob.hpp"
#include "tests/domain/glob/vectors.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

const test::glob_vectors& vectors() {
  static const auto read = test::read_glob_vectors();
  return read;
}

glob parsed(const std::string& pattern) {
  INFO("pattern: " << pattern);
  auto result = glob::parse(pattern);
  if (!result)
    FAIL(result.why().detail);
  return *result;
}

} // namespace

TEST_CASE("glob vectors: every pair is judged as the vectors say, in both orders") {
  REQUIRE(vectors().overlaps.size() >= 600);
  for (const auto& one : vectors().overlaps) {
    CAPTURE(one.a, one.b);
    const auto a = parsed(one.a);
    const auto b = parsed(one.b);
    CHECK(a.overlaps(b) == one.overlap);
    CHECK(b.overlaps(a) == one.overlap);
  }
}

TEST_CASE("glob vectors: every path is judged as the vectors say") {
  REQUIRE(vectors().matches.size() >= 300);
  for (const auto& one : vectors().matches) {
    CAPTURE(one.pattern, one.path);
    CHECK(parsed(one.pattern).matches(one.path) == one.match);
  }
}

TEST_CASE("glob vectors: a match is an overlap with the escaped path") {
  for (const auto& one : vectors().matches) {
    CAPTURE(one.pattern, one.path);
    const auto path = normal_path(one.path);
    if (!path) {
      CHECK_FALSE(one.match);
      continue;
    }
    const auto literal = parsed(test::escaped_path(*path));
    CHECK(literal.matches(*path));
    CHECK(parsed(one.pattern).overlaps(literal) == one.match);
    CHECK(literal.overlaps(parsed(one.pattern)) == one.match);
  }
}

TEST_CASE("glob vectors: every invalid pattern is refused with a reason") {
  REQUIRE(vectors().invalid.size() >= 20);
  for (const auto& pattern : vectors().invalid) {
    CAPTURE(pattern);
    const auto result = glob::parse(pattern);
    REQUIRE_FALSE(result);
    CHECK_FALSE(result.why().detail.empty());
    const auto code = result.why().code;
    CHECK((code == base::errc::invalid_pattern || code == base::errc::pattern_too_complex));
    if (code == base::errc::invalid_pattern)
      CHECK(result.why().number <= pattern.size());
    else
      CHECK_FALSE(result.why().where.empty());
  }
}

} // namespace intermute::domain
