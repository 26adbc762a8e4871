#include "domain/glob.hpp"

#include <catch2/catch.hpp>

namespace intermute::domain {
namespace {

glob parsed(const std::string& pattern) {
  INFO("pattern: " << pattern);
  auto result = glob::parse(pattern);
  if (!result)
    FAIL(result.why().detail);
  return *result;
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i)
    result += text;
  return result;
}

void check_matches(const std::string& pattern, const std::vector<std::string>& paths,
                   bool expected) {
  for (const auto& path : paths) {
    CAPTURE(pattern, path);
    CHECK(parsed(pattern).matches(path) == expected);
  }
}

struct pair_case {
  std::string a;
  std::string b;
};

void check_overlaps(const std::vector<pair_case>& cases, bool expected) {
  for (const auto& one : cases) {
    CAPTURE(one.a, one.b);
    const auto a = parsed(one.a);
    const auto b = parsed(one.b);
    CHECK(a.overlaps(b) == expected);
    CHECK(b.overlaps(a) == expected);
    CHECK(a.cost(b) == b.cost(a));
  }
}

} // namespace

TEST_CASE("glob: a trailing slash is the whole subtree") {
  check_matches("src/", {"src", "src/a", "src/a/b", "src/", "./src//a"}, true);
  check_matches("src/**", {"src", "src/a", "src/a/b"}, true);
  check_matches("src/", {"srcs", "a/src", "sr"}, false);
  check_matches("src", {"src", "src/"}, true);
  check_matches("src", {"src/a"}, false);
  check_overlaps({{"src/", "src/**"}, {"src/", "src/a.go"}, {"src/", "**/a.go"}, {"src/", "src"}},
                 true);
  check_overlaps({{"src/", "doc/"}, {"src", "src/a.go"}, {"src/", "srcs/a"}}, false);
}

TEST_CASE("glob: two stars as a component are any number of names") {
  check_matches("a/**", {"a", "a/b", "a/b/c"}, true);
  check_matches("**/a", {"a", "b/a", "c/b/a"}, true);
  check_matches("a/**/b", {"a/b", "a/x/b", "a/x/y/b"}, true);
  check_matches("a/***/b", {"a/b", "a/x/y/b"}, true);
  check_matches("**/a", {"a/b", "ba"}, false);
  check_matches("a**b", {"ab", "axb"}, true);
  check_matches("a**b", {"a/b", "a/x/b"}, false);
  check_overlaps({{"**", "**"}, {"**", "**/**"}, {"**/a/**", "b/**/c"}, {"a/**", "**/b"}}, true);
  check_overlaps({{"a/**/b", "c/**/b"}, {"**/a", "**/b"}, {"**/a/b", "a/a"}}, false);
}

TEST_CASE("glob: whatever leaves nothing is the whole project") {
  for (const std::string pattern : {".", "/", "./", "a/..", "./.", "//", "a/b/../..", "\\."}) {
    check_matches(pattern, {"a", "a/b", ".git/config"}, true);
    check_matches(pattern, {"", ".", "..", "a/.."}, false);
  }
}

TEST_CASE("glob: names that cannot exist are no witnesses") {
  check_overlaps({{"?", ".*"},
                  {"?.", ".?"},
                  {"[.]", "*"},
                  {"[.]", "[.]"},
                  {"[.]/a", "*/a"},
                  {"[.][.]", "??"},
                  {".[.]", "*"},
                  {"a/*/b", "a//b"},
                  {"[!a]", "[.a]"},
                  {"*[.]", "?"},
                  {"*[.]", ".?"},
                  {"[.]*", "?[.]"},
                  {"[.]*", "[.]?[.]/x"}},
                 false);
  check_overlaps({{"??", ".*"},
                  {"[.a]", "?"},
                  {"[.a][.]", "*."},
                  {"[.][.][.]", "*"},
                  {".[.]*", "..?"},
                  {"*", ".*"},
                  {"[.]*", "*[.]"}},
                 true);
  check_matches("[.]", {".", "a", "..", "x/.."}, false);
  check_matches("..?", {"...", "..a"}, true);
  check_matches(".*", {".a", "...", ".git"}, true);
}

TEST_CASE("glob: paths and patterns are normalised alike") {
  check_matches("/./src//a.go", {"src/a.go", "/src/a.go", "src/./a.go/", "x/../src/a.go"}, true);
  check_matches("a/../b", {"b"}, true);
  check_matches("a/../b", {"a/b", "a"}, false);
  check_matches("a/\\.\\./b", {"b"}, true);
  check_matches("{a,b}/../c", {"c"}, true);
  check_matches("a/.", {"a"}, true);
  check_matches("a/.", {"a/b"}, false);
}

TEST_CASE("glob: stars and question marks stay inside a name and take a leading dot") {
  check_matches("*", {"a", ".git", "..."}, true);
  check_matches("*", {"a/b"}, false);
  check_matches("a/*/b", {"a/x/b", "a/.x/b"}, true);
  check_matches("a/*/b", {"a/b", "a/x/y/b"}, false);
  check_matches("?", {"a", "\xC3\xA9", "\xF0\x9F\x98\x80"}, true);
  check_matches("?", {"ab", "\xC3\xA9\xC3\xA9"}, false);
  check_matches("a*b*c", {"abc", "axbxc", "abbcc"}, true);
  check_matches("a*b*c", {"acb", "ab", "bc"}, false);
}

TEST_CASE("glob: classes") {
  check_matches("[abc]", {"a", "c"}, true);
  check_matches("[a-c]", {"b"}, true);
  check_matches("[!a-c]", {"b"}, false);
  check_matches("[^a-c]", {"d", "\xC3\xA9"}, true);
  check_matches("[]a]", {"]", "a"}, true);
  check_matches("[!]a]", {"]", "a"}, false);
  check_matches("[a!]", {"!", "a"}, true);
  check_matches("[-a]", {"-", "a"}, true);
  check_matches("[a-]", {"-", "a"}, true);
  check_matches("[a-c-e]", {"-", "b", "e"}, true);
  check_matches("[a-c-e]", {"d"}, false);
  check_matches("[--0]", {"-", "0"}, true);
  check_matches("[--0]", {"/", ".", "1", ","}, false);
  check_matches("x[--0]", {"x-", "x0", "x."}, true);
  check_matches("[\\]\\-x]", {"]", "-", "x"}, true);
  check_matches("[\\a-\\c]", {"b"}, true);
  check_matches("[\xC3\xA0-\xC3\xBF]", {"\xC3\xA9"}, true);
  check_matches("[\xC3\xA0-\xC3\xBF]", {"e"}, false);
  check_matches("[*?{,}]", {"*", "?", "{", ",", "}"}, true);
  check_overlaps({{"[a-c]", "[c-e]"}, {"[!a]", "[!b]"}, {"[\xC3\xA0-\xC3\xBF]", "[!a]"}}, true);
  check_overlaps({{"[a-c]", "[d-e]"},
                  {"[!a]", "[a]"},
                  {"x[.-0]", "x[!.0]"}, // But for the slash, which is in neither.
                  {"abcd[e]fgh", "abcd[x]fgh"},
                  {"[\xC3\xA0-\xC3\xA5]", "[\xC3\xA6-\xC3\xBF]"},
                  // All characters there are, but for the surrogates, which are none.
                  {"[!\x01-\xED\x9F\xBF\xEE\x80\x80-\xF4\x8F\xBF\xBF]", "*"}},
                 false);
}

TEST_CASE("glob: braces") {
  check_matches("*.{go,rs}", {"a.go", "a.rs"}, true);
  check_matches("*.{go,rs}", {"a.py", "a.{go,rs}"}, false);
  check_matches("a{,b}", {"a", "ab"}, true);
  check_matches("{a/b,c}/d", {"a/b/d", "c/d"}, true);
  check_matches("{a,{b,c}d}", {"a", "bd", "cd"}, true);
  check_matches("{a{b,c}d}", {"{abd}", "{acd}"}, true);
  check_matches("{{name}}", {"{{name}}"}, true);
  check_matches("{x", {"{x"}, true);
  check_matches("x}", {"x}"}, true);
  check_matches("a,b", {"a,b"}, true);
  check_matches("{a}", {"{a}"}, true);
  check_matches("{a,b", {"{a,b"}, true);
  check_matches("{a,{b}", {"{a,{b}"}, true);
  check_matches("{a,{b,c}", {"{a,b", "{a,c"}, true);
  check_matches("{a\\,b,c}", {"a,b", "c"}, true);
  check_matches("{a,[,}]}", {"a", ",", "}"}, true);
  check_matches("\\{a,b}", {"{a,b}"}, true);
  check_matches("*{*,a}", {"x/y", "xa"}, true); // The first alternative reads `**`.
  check_matches("{,a}", {"a"}, true);
  check_matches("{,a}", {"b"}, false); // The empty alternative counts for nothing.
  check_matches("x{/,}", {"x", "x/y"}, true);
}

TEST_CASE("glob: escapes") {
  check_matches("\\*\\?\\[\\{\\\\", {"*?[{\\"}, true);
  check_matches("\\*", {"a"}, false);
  check_matches("\\a\\b", {"ab"}, true);
  check_matches("\\\xC3\xA9", {"\xC3\xA9"}, true);
}

TEST_CASE("glob: a path that cannot be normalised matches nothing") {
  check_matches("**", {"", ".", "/", "..", "a/../..", "../a", "a/..", "\xFF", "a\xC3"}, false);
  CHECK_FALSE(parsed("**").matches(std::string_view{"a\0b", 3}));
  CHECK(parsed("**").matches("a"));
}

TEST_CASE("glob: long literals are compared to the end") {
  const auto name = repeated("abcdefgh", 20);
  check_overlaps({{name, name}, {name + "/x", name + "/*"}, {"*" + name, name + "*"}}, true);
  check_overlaps({{"ab", "\u6162"},
                  {name, name + "i"},
                  {name + "i", name + "j"},
                  {"*" + name + "i", name + "j"}},
                 false);
  check_matches("*" + repeated("a", 500) + "b*", {repeated("a", 1000) + "bb"}, true);
  check_matches("*" + repeated("a", 500) + "b*", {repeated("a", 1000)}, false);
  check_matches("**/" + repeated("a/", 100) + "b/**", {repeated("a/", 300) + "b"}, true);
  check_matches("**/" + repeated("a/", 100) + "b/**", {repeated("a/", 300) + "c"}, false);
}

TEST_CASE("glob: many alternatives that share components are judged together") {
  const auto many = repeated("{a,b}", 7);
  check_overlaps({{many + "/x/*.go", repeated("?", 7) + "/x/main.{rs,go}"},
                  {"**/" + many + "/y", "**/" + repeated("b", 7) + "/{x,y}"}},
                 true);
  check_overlaps({{many + "/x/*.go", many + "/y/*.go"}, {many + "/*.go", many + "/*.rs"}}, false);
}

TEST_CASE("glob: two stars beside text are noticed") {
  for (const auto* glued : {"**.go", "a**", "a**b", "src/**.go", "**.go/a", "{a**,b}", "**?",
                            "***a", "{a,b**}", "**{,a}"})
    CHECK(parsed(glued).has_glued_globstar());
  for (const auto* plain :
       {"**", "a/**", "**/*.go", "***", "*a*", "\\**", "*\\*", "[**]a", "*{*,/}"})
    CHECK_FALSE(parsed(plain).has_glued_globstar());
}

TEST_CASE("glob: literal prefixes, one for each alternative that matches something") {
  using list = std::vector<std::string>;
  CHECK(parsed("src/a.go").literal_prefixes() == list{"src/a.go"});
  CHECK(parsed("./src//lib/*.go").literal_prefixes() == list{"src/lib"});
  CHECK(parsed("src/").literal_prefixes() == list{"src"});
  CHECK(parsed("*.go").literal_prefixes() == list{""});
  CHECK(parsed("**/a").literal_prefixes() == list{""});
  CHECK(parsed(".").literal_prefixes() == list{""});
  CHECK(parsed("src/{a,b}/*").literal_prefixes() == list{"src/a", "src/b"});
  CHECK(parsed("src/{a,[.],a}/x").literal_prefixes() == list{"src/a/x"});
  CHECK(parsed("a/\\*\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80/?").literal_prefixes()
        == list{"a/*\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"});
  CHECK(parsed("[.]").literal_prefixes().empty());
}

TEST_CASE("glob: a pattern keeps its text, and copies are as good") {
  const auto one = parsed("./src//{a,b}/");
  const auto copy = one;
  CHECK(copy.text() == "./src//{a,b}/");
  CHECK(copy.overlaps(one));
}

TEST_CASE("glob: the cost tells cheap pairs from dear ones") {
  const auto source = parsed("src/**/*.go");
  CHECK(source.cost(parsed("src/a/b/main.go")) < glob_inline_cost_max / 10);
  CHECK(source.cost(parsed("docs/**/*.md")) < source.cost(parsed("src/**/*.md")));
  CHECK(source.cost(parsed("src/{a,b,c,d}/**/*.{go,rs}")) < glob_inline_cost_max);
  const auto searched = parsed("*" + repeated("a", 2000) + "b*");
  CHECK(searched.cost(parsed(repeated("a", 4000))) > glob_inline_cost_max);
  CHECK(parsed("**/" + repeated("a/", 500) + "b/**").cost(parsed(repeated("a/", 1000) + "c"))
        > glob_inline_cost_max);
  const auto many = repeated("{a,b}", 7);
  CHECK(parsed("*" + many + "c*").cost(parsed(many + repeated("a", 30))) > glob_inline_cost_max);
}

TEST_CASE("normal_path: drops what names nothing and resolves dots") {
  const auto normal = [](std::string_view path) {
    const auto result = normal_path(path);
    REQUIRE(result);
    return *result;
  };
  CHECK(normal("a/b") == "a/b");
  CHECK(normal("//a///./b/") == "a/b");
  CHECK(normal("a/../b") == "b");
  CHECK(normal("a/b/../../c/.") == "c");
  CHECK(normal(".../..a") == ".../..a");
  CHECK(normal("*\\?/{a,b}") == "*\\?/{a,b}");
}

TEST_CASE("normal_path: says where a path is none") {
  const auto check = [](std::string_view path, std::uint64_t offset) {
    CAPTURE(path);
    const auto result = normal_path(path);
    REQUIRE_FALSE(result);
    CHECK(result.why().code == base::errc::invalid_pattern);
    CHECK(result.why().number == offset);
    CHECK_FALSE(result.why().detail.empty());
  };
  check("", 0);
  check("/", 0);
  check("a/..", 0);
  check("..", 0);
  check("a/../..", 5);
  check("./../a", 2);
  check({"ab\0c", 4}, 2);
  check("a/\xC0\xAF", 2);
  check("a/\xED\xA0\x80", 2);
  check("abc\xE2\x82", 3);
}

} // namespace intermute::domain
