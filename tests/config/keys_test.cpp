#include "config/keys.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <set>
#include <sstream>

using namespace intermute::config;

namespace {

/// Another legal value for a key, so that a write can be told from the default.
value another(const key& of) {
  switch (of.rule.kind) {
  case value_kind::text: return std::string{"another"};
  case value_kind::names: return std::vector<std::string>{"one", "two"};
  default: {
    const auto now = std::get<std::uint64_t>(of.read(settings{}));
    return now == of.rule.max ? of.rule.min : of.rule.max;
  }
  }
}

} // namespace

TEST_CASE("every default obeys its own bounds and survives text", "[config]") {
  const settings defaults;
  for (const auto& one : keys()) {
    CAPTURE(one.path);
    const auto initial = one.read(defaults);
    if (one.rule.kind == value_kind::text || one.rule.kind == value_kind::names)
      continue;
    const auto parsed = parse(one.rule, render(one.rule, initial));
    CHECK(parsed.wrong == "");
    CHECK(parsed.is == initial);
  }
}

TEST_CASE("every key reaches a member of its own, whole up to its bounds", "[config]") {
  for (const auto& one : keys()) {
    CAPTURE(one.path);
    settings changed;
    const auto wanted = another(one);
    one.write(changed, wanted);
    CHECK(one.read(changed) == wanted);
    for (const auto& other : keys())
      if (other.path != one.path)
        CHECK(other.read(changed) == other.read(settings{}));
  }
}

TEST_CASE("paths and variables are unique", "[config]") {
  std::set<std::string> paths;
  std::set<std::string> variables;
  for (const auto& one : keys()) {
    CHECK(paths.insert(one.path).second);
    CHECK(variables.insert(env_name(one.path)).second);
    CHECK_FALSE(is_section(one.path));
  }
  CHECK(env_name("mailboxes.project.capacity") == "INTERMUTE_MAILBOXES_PROJECT_CAPACITY");
}

TEST_CASE("sections are the proper prefixes of keys", "[config]") {
  CHECK(is_section("server"));
  CHECK(is_section("mailboxes.project"));
  CHECK_FALSE(is_section("mailboxes.proj"));
  CHECK_FALSE(is_section("server.port"));
  CHECK_FALSE(is_section("serve"));
}

TEST_CASE("a slip finds the key that was meant", "[config]") {
  CHECK(closest_path("server.prot") == "server.port");
  CHECK(closest_path("sever") == "server");
  CHECK(closest_path("port") == "server.port");
  CHECK(closest_path("storage.port") == "server.port");
  CHECK(closest_path("mailboxes.projects.capacity") == "mailboxes.directory.capacity");
  CHECK(closest_path("log.levle") == "log.level");
  CHECK(closest_path("server.something_else").empty());
  CHECK(closest_path("zz").empty());
  CHECK(closest_path("").empty());
  CHECK(closest_path(std::string(100'000, 'x')).empty());
}

#ifdef INTERMUTE_SOURCE_DIR
namespace {

const std::string manual_path = INTERMUTE_SOURCE_DIR "/docs/config.md";
constexpr std::string_view table_begin = "<!-- keys -->\n";
constexpr std::string_view table_end = "<!-- /keys -->\n";

std::string manual() {
  std::ostringstream text;
  text << std::ifstream{manual_path, std::ios::binary}.rdbuf();
  return text.str();
}

} // namespace

TEST_CASE("docs/config.md has the table of the code", "[config][docs]") {
  const auto text = manual();
  const auto begin = text.find(table_begin);
  const auto end = text.find(table_end);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto first = begin + table_begin.size();
  INFO("to write it anew: test_config '[write-docs]'");
  CHECK(text.substr(first, end - first) == markdown_table());
}

TEST_CASE("the table of docs/config.md is written anew", "[.][write-docs]") {
  auto text = manual();
  const auto begin = text.find(table_begin);
  const auto end = text.find(table_end);
  REQUIRE(begin != std::string::npos);
  REQUIRE(end != std::string::npos);
  const auto first = begin + table_begin.size();
  text.replace(first, end - first, markdown_table());
  std::ofstream{manual_path, std::ios::binary} << text;
}
#endif
