#include "domain/glob.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i)
    result += text;
  return result;
}

void check_invalid(std::string_view pattern, std::uint64_t offset) {
  CAPTURE(pattern);
  const auto result = glob::parse(pattern);
  REQUIRE_FALSE(result);
  CHECK(result.why().code == base::errc::invalid_pattern);
  CHECK(result.why().number == offset);
  CHECK_FALSE(result.why().detail.empty());
}

void check_beyond(const std::string& pattern, const std::string& bound, std::uint64_t limit) {
  CAPTURE(pattern);
  const auto result = glob::parse(pattern);
  REQUIRE_FALSE(result);
  CHECK(result.why().code == base::errc::pattern_too_complex);
  CHECK(result.why().where == bound);
  CHECK(result.why().number == limit);
  CHECK_FALSE(result.why().detail.empty());
}

void check_fits(const std::string& pattern) {
  CAPTURE(pattern);
  const auto result = glob::parse(pattern);
  if (!result)
    FAIL(result.why().detail);
  CHECK(result->overlaps(*result));
}

} // namespace

TEST_CASE("glob errors: the offset of the first offending byte") {
  check_invalid("", 0);
  check_invalid({"a\0b", 3}, 1);
  check_invalid({"a\\\0", 3}, 2);
  check_invalid({"[a\0]", 4}, 2);
  check_invalid("ab\xFF", 2);
  check_invalid("\x80", 0);
  check_invalid("a\xC3", 1);
  check_invalid("\xC3\xA9\xC0\xAF", 2);       // A longer form than needed.
  check_invalid("\xE0\x82\xAF", 0);           // Likewise.
  check_invalid("\xF0\x80\x80\xAF", 0);       // Likewise.
  check_invalid("a/\xED\xA0\x80", 2);         // A surrogate.
  check_invalid("\xF4\x90\x80\x80", 0);       // Beyond the last character.
  check_invalid("[\xE4\xB8\xAD\xE4\xB8]", 4); // Cut short.
  check_invalid("a\\", 1);
  check_invalid("a/b\\/c", 3);
  check_invalid("[", 0);
  check_invalid("ab[c", 2);
  check_invalid("a[]", 1);
  check_invalid("a[!]", 1);
  check_invalid("a[b-", 1);
  check_invalid("a[b\\", 3);
  check_invalid("a[b/c]", 3);
  check_invalid("a[b-/]", 4);
  check_invalid("a[b\\/c]", 3);
  check_invalid("x[az-a]", 3);
  check_invalid("x[\\z-a]", 2);
  check_invalid("{a,[}", 3);
}

TEST_CASE("glob errors: two dots that cannot be resolved") {
  check_invalid("..", 0);
  check_invalid("../a", 0);
  check_invalid("a/../../b", 5);
  check_invalid("a//..//./..", 9);
  check_invalid("*/../a", 2);
  check_invalid("a/[b]/..", 6);
  check_invalid("**/..", 3);
  check_invalid("{a,..}/b", 3);
  check_invalid("x/{a,?}/../b", 8);
  check_invalid("a/b/../\\.\\./\\.\\.", 12);
  check_invalid(".{.,a}", 0);
}

TEST_CASE("glob errors: nothing but empty alternatives") {
  check_invalid("{,}", 0);
  check_invalid("{,{,}}", 0);
  check_fits("{,a}");
}

TEST_CASE("glob limits: bytes") {
  check_fits(repeated("a", 4096));
  check_fits(repeated("a/", 2048));
  check_beyond(repeated("a", 4097), "bytes", 4096);
  check_beyond(repeated("\xC3\xA9", 2049), "bytes", 4096);
}

TEST_CASE("glob limits: wildcards of one alternative") {
  check_fits(repeated("?", 64));
  check_beyond(repeated("?", 65), "wildcards", 64);
  check_fits(repeated("*a", 64));
  check_beyond(repeated("*a", 65), "wildcards", 64);
  check_fits(repeated("[a]", 64));
  check_beyond(repeated("[a]", 65), "wildcards", 64);
  check_fits(repeated("**/", 63));                        // The slash at the end adds one.
  check_beyond(repeated("**/", 64), "wildcards", 64);     // Side by side they count each.
  check_beyond(repeated("?", 64) + "/", "wildcards", 64); // As above.
  check_fits(repeated("?", 63) + "/");
  check_fits(repeated("*", 65)); // A run is one.
  check_fits(repeated("***a", 64));
  check_fits("{" + repeated("?", 64) + "," + repeated("*a", 64) + "}");
  check_beyond("{a,?}" + repeated("?", 64), "wildcards", 64);
  check_fits(repeated("\\?", 65));
}

TEST_CASE("glob limits: alternatives") {
  check_fits(repeated("{a,b}", 7));
  check_beyond(repeated("{a,b}", 8), "alternatives", 128);
  check_fits("{" + repeated("a,", 127) + "b}");
  check_beyond("{" + repeated("a,", 128) + "b}", "alternatives", 128);
  check_fits(repeated("{a,", 127) + "b" + repeated("}", 127)); // One inside the other.
  check_beyond(repeated("{a,", 128) + "b" + repeated("}", 128), "alternatives", 128);
  check_beyond(repeated("{,}", 8), "alternatives", 128); // Counted before empty ones go.
  check_beyond("{" + repeated("{a,b}", 7) + ",c}", "alternatives", 128);
  check_beyond(repeated("{a,b}", 800), "alternatives", 128);
}

TEST_CASE("glob limits: what the braces multiply") {
  const auto many = repeated("{a,b}", 7);
  check_fits(many + repeated("x", 39)); // 128 times 46 characters, and 128 components for 2.
  check_beyond(many + repeated("x", 40), "work", 6144);
  check_fits(repeated("a/", 19) + many); // 128 times 20 components for 2, and 7 characters.
  check_beyond(repeated("a/", 20) + many, "work", 6144);
  // 512 characters in each of 128 alternatives, few of them in components that differ.
  const auto common = repeated(repeated("x", 49) + "/", 10);
  check_fits(common + "aaaaa" + many);
  check_beyond(common + "aaaaaa" + many, "work", 65536);
}

TEST_CASE("glob limits: no pattern without braces is too much work") {
  auto most = repeated("[!a]/", 64);
  for (char a = 'a'; a <= 'z'; ++a)
    for (int b = 1; b < 0x7F && most.size() <= 4093; ++b)
      if (std::string{"/\\[?*"}.find(static_cast<char>(b)) == std::string::npos)
        most += std::string{a, static_cast<char>(b), '/'};
  most.pop_back(); // Else the slash at the end would be one more wildcard.
  REQUIRE(most.size() > 4090);
  check_fits(most);
}

TEST_CASE("glob limits: a list of paths as long as a pattern may be is no work") {
  std::string list = "{";
  for (char a = 'a'; a <= 'h'; ++a)
    for (char b = 'a'; b <= 'p'; ++b)
      list += std::string{"src/lib/"} + a + b + "/some_" + b + a + "_file.cpp,";
  list.back() = '}';
  REQUIRE(list.size() > 3500);
  check_fits(list);
}

} // namespace intermute::domain
