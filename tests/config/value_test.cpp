#include "config/value.hpp"

#include <catch2/catch.hpp>

#include <array>

using namespace intermute::config;

namespace {

constexpr std::array<std::string_view, 2> words{"asio", "stealing"};
const value_rule count{value_kind::integer, 1, 64, {}};
const value_rule bytes{value_kind::size, 1'024, 1'048'576, {}};
const value_rule time_span{value_kind::duration, 0, 3'600'000, {}};
const value_rule any_size{value_kind::size, 0, ~std::uint64_t{0}, {}};
const value_rule word{value_kind::choice, 0, 1, words};
const value_rule two_names{value_kind::names, 0, 2, {}};

struct good_case {
  value_rule rule;
  std::string raw;
  std::uint64_t number;
};

struct bad_case {
  value_rule rule;
  std::string raw;
  std::string wrong;
};

} // namespace

TEST_CASE("a number is read with its unit", "[config]") {
  const auto one = GENERATE(values<good_case>({
    {count, "1", 1},
    {count, " 64 ", 64},
    {count, "007", 7},
    {bytes, "65536", 65'536},
    {bytes, "65536B", 65'536},
    {bytes, "64KiB", 65'536},
    {bytes, "64 KiB", 65'536},
    {bytes, "1MiB", 1'048'576},
    {any_size, "3GiB", 3'221'225'472},
    {any_size, "18446744073709551615", ~std::uint64_t{0}},
    {time_span, "0", 0},
    {time_span, "1500", 1'500},
    {time_span, "500ms", 500},
    {time_span, "2s", 2'000},
    {time_span, "1m", 60'000},
    {time_span, "1h", 3'600'000},
    {word, "asio", 0},
    {word, "stealing", 1},
  }));
  CAPTURE(one.raw);
  const auto parsed = parse(one.rule, one.raw);
  CHECK(parsed.wrong.empty());
  CHECK(std::get<std::uint64_t>(parsed.is) == one.number);
}

TEST_CASE("a bad value says what is wrong and what is right", "[config]") {
  const auto one = GENERATE(values<bad_case>({
    {count, "0", "0 is outside 1 to 64"},
    {count, "65", "65 is outside 1 to 64"},
    {count, "-1", "-1 is outside 1 to 64"},
    {count, "99999999999999999999", "99999999999999999999 is outside 1 to 64"},
    {count, "", "\"\" is not a whole number"},
    {count, "-", "\"-\" is not a whole number"},
    {count, "1.5", "\"1.5\" is not a whole number"},
    {count, "0x10", "\"0x10\" is not a whole number"},
    {count, "1KiB", "\"1KiB\" is not a whole number"},
    {bytes, "1023", "1023 is outside 1KiB to 1MiB"},
    {bytes, "1GiB", "1GiB is outside 1KiB to 1MiB"},
    {any_size, "18446744073709551615KiB",
     "18446744073709551615KiB is outside 0 to 18446744073709551615"},
    {bytes, "64KB", "\"64KB\" is not a size such as 65536, 64KiB or 1MiB"},
    {bytes, "MiB", "\"MiB\" is not a size such as 65536, 64KiB or 1MiB"},
    {time_span, "61m", "61m is outside 0ms to 1h"},
    {time_span, "2 weeks", "\"2 weeks\" is not a duration such as 500ms, 2s, 1m or 1h"},
    {time_span, "1.5s", "\"1.5s\" is not a duration such as 500ms, 2s, 1m or 1h"},
    {word, "Asio", "\"Asio\" is not one of asio, stealing"},
    {two_names, "one", "takes a list, such as [one, two]"},
  }));
  CAPTURE(one.raw);
  CHECK(parse(one.rule, one.raw).wrong == one.wrong);
}

TEST_CASE("a list fits lists alone, up to its length", "[config]") {
  using names = std::vector<std::string>;
  CHECK(std::get<names>(parse(two_names, names{"a", "b"}).is) == names{"a", "b"});
  CHECK(parse(two_names, names{"a", "b", "c"}).wrong == "3 names are outside 0 to 2 names");
  CHECK(parse(count, names{"1"}).wrong == "takes one value, not a list");
}

TEST_CASE("names are cut at commas and trimmed", "[config]") {
  using names = std::vector<std::string>;
  CHECK(split_names("").empty());
  CHECK(split_names("  ").empty());
  CHECK(split_names("a") == names{"a"});
  CHECK(split_names(" a , b") == names{"a", "b"});
  CHECK(split_names("a,") == names{"a", ""});
}

TEST_CASE("a value is written with the largest exact unit", "[config]") {
  CHECK(render(time_span, std::uint64_t{0}) == "0ms");
  CHECK(render(time_span, std::uint64_t{1'500}) == "1500ms");
  CHECK(render(time_span, std::uint64_t{90'000}) == "90s");
  CHECK(render(time_span, std::uint64_t{3'600'000}) == "1h");
  CHECK(render(bytes, std::uint64_t{1'000}) == "1000");
  CHECK(render(bytes, std::uint64_t{65'536}) == "64KiB");
  CHECK(render(count, std::uint64_t{1'024}) == "1024");
  CHECK(render(word, std::uint64_t{1}) == "stealing");
  CHECK(render({}, std::string{}) == "\"\"");
  CHECK(render(two_names, std::vector<std::string>{"a", "b"}) == "[a, b]");
}
