#include "base/sha256.hpp"

#include <catch2/catch.hpp>

namespace intermute::base {
namespace {

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text.push_back(digits[static_cast<unsigned char>(c) >> 4U]);
    text.push_back(digits[static_cast<unsigned char>(c) & 0xFU]);
  }
  return text;
}

} // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  REQUIRE(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  REQUIRE(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))
          == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  REQUIRE(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  REQUIRE(hex(sha256(std::string(1'000'000, 'a')))
          == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 reads zero bytes like others") {
  REQUIRE(sha256(std::string_view{"a\0b", 3}) != sha256("a"));
  REQUIRE(sha256("a").size() == 32);
}

} // namespace intermute::base
