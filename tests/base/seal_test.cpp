#include "base/seal.hpp"

#include <catch2/catch.hpp>

using namespace intermute;

TEST_CASE("what is sealed is opened by the same key alone") {
  const std::string key(32, 'k');
  for (const std::string text : {"", "a", R"({"token":"secret"})"}) {
    const auto sealed = base::seal(text, key, base::system_entropy());
    REQUIRE(base::unseal(sealed, key) == text);
    REQUIRE(!base::unseal(sealed, std::string(32, 'x')));
    REQUIRE(base::seal(text, key, base::system_entropy()) != sealed);
  }
}

TEST_CASE("a sealed text that was changed, or cut, or has no such key is not opened") {
  const std::string key(32, 'k');
  const auto sealed = base::seal("text", key, base::system_entropy());
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    auto changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    REQUIRE(!base::unseal(changed, key));
    REQUIRE(!base::unseal(sealed.substr(0, at), key));
  }
  REQUIRE(!base::unseal(sealed, "short"));
  REQUIRE(sealed.find("text") == std::string::npos);
}
