#include "base/text.hpp"

#include <catch2/catch.hpp>

namespace intermute::base {

TEST_CASE("white space of ASCII is trimmed at both ends, not inside") {
  REQUIRE(trimmed(" \t\n\v\f\r a \t b \r\f\v\n\t ") == "a \t b");
  REQUIRE(trimmed("a") == "a");
  REQUIRE(trimmed("").empty());
  REQUIRE(trimmed(" \t\n ").empty());
}

TEST_CASE("every white space of Unicode is trimmed") {
  const std::string space
    = GENERATE(as<std::string>{}, "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002",
               "\u2003", "\u2004", "\u2005", "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
               "\u2028", "\u2029", "\u202f", "\u205f", "\u3000");
  REQUIRE(trimmed(space + "a" + space + "b" + space) == "a" + space + "b");
  REQUIRE(trimmed(space + " " + space).empty());
}

TEST_CASE("what only looks empty is not white space") {
  const std::string mark
    = GENERATE(as<std::string>{}, "\u180e", "\u200b", "\u200d", "\u2060", "\ufeff", "\u0001");
  REQUIRE(trimmed(mark) == mark);
  REQUIRE(trimmed(" " + mark + " ") == mark);
}

TEST_CASE("a character that shares bytes with a white space is kept whole") {
  REQUIRE(trimmed("\u0120") == "\u0120"); // C4 A0: ends like U+00A0.
  REQUIRE(trimmed("\u00c5") == "\u00c5"); // C3 85: ends like U+0085.
  REQUIRE(trimmed("\u2010") == "\u2010"); // E2 80 90: begins like U+2000.
}

TEST_CASE("bytes that are no UTF-8 are no white space") {
  REQUIRE(trimmed("\xa0") == "\xa0");
  REQUIRE(trimmed("\x85 ") == "\x85");
  REQUIRE(trimmed(" \xe2\x80") == "\xe2\x80");
}

TEST_CASE("a zero byte is a character like others") {
  const std::string text{"\0 a \0", 5};
  REQUIRE(trimmed(" " + text + " ") == text);
}

TEST_CASE("A to Z become lower case, nothing else") {
  REQUIRE(lowered("Hello WORLD") == "hello world");
  REQUIRE(lowered("AZaz@[`{09") == "azaz@[`{09");
  REQUIRE(lowered("\u00c4\u00d6\u0130\u212a") == "\u00c4\u00d6\u0130\u212a");
  REQUIRE(lowered("").empty());
}

TEST_CASE("quoting makes one line of any text") {
  REQUIRE(quoted("plain") == R"("plain")");
  REQUIRE(quoted("").size() == 2);
  REQUIRE(quoted(R"(say "no" \ "yes")") == R"("say \"no\" \\ \"yes\"")");
  REQUIRE(quoted("a\nb\rc\td") == R"("a\nb\rc\td")");
  REQUIRE(quoted(std::string_view{"\0\x01\x1b\x7f", 4}) == R"("\x00\x01\x1b\x7f")");
  REQUIRE(quoted("\u00e9'`") == "\"\u00e9'`\"");
}

} // namespace intermute::base
