#include "base/ids.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

namespace intermute::base {
namespace {

using namespace std::chrono_literals;

/// Gives the same byte for ever.
class constant final : public entropy {
public:
  explicit constant(std::uint8_t byte) : byte_(byte) {}
  void fill(std::uint8_t* into, std::size_t length) override { std::fill_n(into, length, byte_); }

private:
  std::uint8_t byte_;
};

/// Gives 0, 1, 2, ...
class counting final : public entropy {
public:
  void fill(std::uint8_t* into, std::size_t length) override {
    for (std::size_t i = 0; i < length; ++i)
      into[i] = next_++;
  }

private:
  std::uint8_t next_ = 0;
};

/// The millisecond 0x0123456789ab.
constexpr wall_time moment{std::chrono::milliseconds{0x0123456789ab}};

constexpr std::string_view canonical = "0190a5b0-12cd-7ef0-8a3b-0123456789ab";

} // namespace

TEST_CASE("a new id is a UUID of version 7: time, fraction, variant, random") {
  constant zeros{0};
  constant ones{0xff};
  counting rising;
  REQUIRE(make_uuid(moment, zeros) == "01234567-89ab-7000-8000-000000000000");
  REQUIRE(make_uuid(moment, ones) == "01234567-89ab-7000-bfff-ffffffffffff");
  REQUIRE(make_uuid(moment, rising) == "01234567-89ab-7000-8001-020304050607");
  REQUIRE(make_uuid(moment + 500us, zeros) == "01234567-89ab-7800-8000-000000000000");
  REQUIRE(make_uuid(moment + 999'999ns, zeros) == "01234567-89ab-7fff-8000-000000000000");
}

TEST_CASE("ids made a quarter of a microsecond apart are in order, whatever the random part") {
  constant zeros{0};
  constant ones{0xff};
  for (int i = 0; i < 5'000; ++i) { // More than one millisecond.
    const auto now = moment + i * 250ns;
    REQUIRE(make_uuid(now, ones) < make_uuid(now + 250ns, zeros));
  }
}

TEST_CASE("a time before 1970 gives an id of 1970") {
  constant zeros{0};
  REQUIRE(make_uuid(wall_time{-1ns}, zeros) == "00000000-0000-7000-8000-000000000000");
}

TEST_CASE("ids of one instant differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i)
    seen.insert(make_uuid(moment, system_entropy()));
  REQUIRE(seen.size() == 1'000);
}

TEST_CASE("a token is 24 bytes in URL-safe base64 without padding") {
  constant zeros{0};
  constant ones{0xff};
  counting rising;
  REQUIRE(make_token(zeros) == std::string(32, 'A'));
  REQUIRE(make_token(ones) == std::string(32, '_'));
  REQUIRE(make_token(rising) == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX");
  constant dashes{0xfb}; // 111110 111111 101111 111011
  REQUIRE(make_token(dashes).substr(0, 4) == "-_v7");
}

TEST_CASE("tokens differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 1'000; ++i)
    seen.insert(make_token(system_entropy()));
  REQUIRE(seen.size() == 1'000);
}

TEST_CASE("a random number uses all 64 bits") {
  constant ones{0xff};
  REQUIRE(ones.number() == ~std::uint64_t{0});
  std::uint64_t seen = 0;
  for (int i = 0; i < 256; ++i)
    seen |= system_entropy().number();
  REQUIRE(seen == ~std::uint64_t{0});
}

TEST_CASE("the kernel's random bytes fill a length of any size") {
  for (const std::size_t length : {0U, 1U, 1'023U, 1'024U, 1'025U, 5'000U}) {
    std::vector<std::uint8_t> bytes(length + 1, 0);
    system_entropy().fill(bytes.data(), length);
    CAPTURE(length);
    REQUIRE(bytes.back() == 0); // Nothing is written behind the end.
    const auto zeros = std::count(bytes.begin(), bytes.end() - 1, 0);
    REQUIRE((length < 1'000 || zeros < static_cast<long>(length) / 32));
  }
}

TEST_CASE("two threads get different random bytes") {
  std::string here = make_token(system_entropy());
  std::string there;
  std::thread other{[&] { there = make_token(system_entropy()); }};
  other.join();
  REQUIRE(here != there);
}

TEST_CASE("a canonical UUID becomes bytes and the same text again") {
  const auto bytes = parse_canonical_uuid(canonical);
  REQUIRE(bytes);
  REQUIRE(*bytes
          == uuid_bytes{0x01, 0x90, 0xa5, 0xb0, 0x12, 0xcd, 0x7e, 0xf0, 0x8a, 0x3b, 0x01, 0x23,
                        0x45, 0x67, 0x89, 0xab});
  REQUIRE(format_uuid(*bytes) == canonical);
  REQUIRE(format_uuid({}) == "00000000-0000-0000-0000-000000000000");
  const auto fresh = make_uuid(moment, system_entropy());
  REQUIRE(format_uuid(*parse_canonical_uuid(fresh)) == fresh);
}

TEST_CASE("only the lowercase canonical form becomes bytes") {
  const std::string text = GENERATE(
    as<std::string>{}, "", "0190A5B0-12cd-7ef0-8a3b-0123456789ab",
    "0190a5b012cd7ef08a3b0123456789ab", "{0190a5b0-12cd-7ef0-8a3b-0123456789ab}",
    "urn:uuid:0190a5b0-12cd-7ef0-8a3b-0123456789ab", "0190a5b0-12cd-7ef0-8a3b-0123456789a",
    "0190a5b0-12cd-7ef0-8a3b-0123456789abc", "0190a5b0-12cd-7ef0-8a3b-0123456789ag",
    "0190a5b0012cd-7ef0-8a3b-0123456789ab", "0190a5b-012cd-7ef0-8a3b-0123456789ab",
    " 190a5b0-12cd-7ef0-8a3b-0123456789ab", "0190a5b0-12cd-7ef0-8a3b-01234567-9ab");
  CAPTURE(text);
  REQUIRE_FALSE(parse_canonical_uuid(text));
}

TEST_CASE("four forms of a UUID are accepted, in any case") {
  const std::string text = GENERATE(
    as<std::string>{}, "0190a5b0-12cd-7ef0-8a3b-0123456789ab",
    "0190A5B0-12CD-7EF0-8A3B-0123456789AB", "urn:uuid:0190a5b0-12cd-7ef0-8a3b-0123456789ab",
    "URN:Uuid:0190a5b0-12cd-7ef0-8a3b-0123456789AB", "{0190a5b0-12cd-7ef0-8a3b-0123456789ab}",
    "{0190A5B0-12cd-7ef0-8a3b-0123456789ab}", "0190a5b012cd7ef08a3b0123456789ab",
    "0190A5B012CD7EF08A3B0123456789AB", "00000000-0000-0000-0000-000000000000");
  CAPTURE(text);
  REQUIRE(is_uuid_text(text));
}

TEST_CASE("nothing else is taken for a UUID") {
  const std::string text
    = GENERATE(as<std::string>{}, "", "x", "0190a5b0-12cd-7ef0-8a3b-0123456789a",
               "0190a5b0-12cd-7ef0-8a3b-0123456789abc", "0190a5b0-12cd-7ef0-8a3b-0123456789ag",
               "0190a5b0+12cd-7ef0-8a3b-0123456789ab", "0190a5b012cd-7ef0-8a3b-0123456789ab-",
               "0190a5b012cd7ef08a3b0123456789ag", "{0190a5b0-12cd-7ef0-8a3b-0123456789ab)",
               "(0190a5b0-12cd-7ef0-8a3b-0123456789ab}", "{0190a5b012cd7ef08a3b0123456789abcdef}",
               "urn:uuid:0190a5b012cd7ef08a3b0123456789abcdef",
               "urn-uuid:0190a5b0-12cd-7ef0-8a3b-0123456789ab",
               "urn:guid:0190a5b0-12cd-7ef0-8a3b-0123456789ab",
               "urn:uuid:{0190a5b0-12cd-7ef0-8a3b-0123456789ab}",
               " 0190a5b0-12cd-7ef0-8a3b-0123456789ab", "0190a5b0-12cd-7ef0-8a3b-0123456789ab\n");
  CAPTURE(text);
  REQUIRE_FALSE(is_uuid_text(text));
}

} // namespace intermute::base
