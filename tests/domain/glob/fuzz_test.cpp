#include "domain/glob.hpp"
#include "tests/domain/glob/vectors.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <random>

namespace intermute::domain {
namespace {

class fuzzer {
public:
  fuzzer() {
    for (const auto& one : test::read_glob_vectors().overlaps) {
      seeds_.push_back(one.a);
      seeds_.push_back(one.b);
    }
  }

  /// Bytes of any kind, or a vector with some bytes changed, or either repeated to great length.
  std::string text() {
    auto made = below(2) == 0 ? bytes() : mutated(seeds_[below(seeds_.size())]);
    if (below(200) == 0 && !made.empty())
      while (made.size() < 4000) // Ends: it doubles.
        made += made;
    return made;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

private:
  char byte() {
    constexpr std::string_view signs = "*?[]{},\\/.!^-abz";
    return below(8) == 0 ? static_cast<char>(below(256)) : signs[below(signs.size())];
  }

  std::string bytes() {
    std::string made(below(24), ' ');
    for (auto& c : made)
      c = byte();
    return made;
  }

  std::string mutated(std::string made) {
    for (auto changes = 1 + below(4); changes > 0; --changes) {
      const auto at = below(made.size() + 1);
      if (below(2) == 0)
        made.insert(at, 1, byte());
      else if (at < made.size())
        made[at] = byte();
    }
    return made;
  }

  std::mt19937_64 random_{20'221};
  std::vector<std::string> seeds_;
};

} // namespace

TEST_CASE("glob fuzz: no bytes crash the engine, and every answer is the same both ways") {
  const int rounds = std::getenv("INTERMUTE_NIGHTLY") != nullptr ? 1'000'000 : 100'000;
  fuzzer source;
  std::vector<glob> known{*glob::parse("**"), *glob::parse("src/{a,b}*/**")};
  int valid = 0;
  for (int i = 0; i < rounds; ++i) {
    const auto text = source.text();
    const auto one = glob::parse(text);
    if (!one) {
      const auto& why = one.why();
      const bool in_place = why.code == base::errc::invalid_pattern
                            && (why.number < text.size() || (text.empty() && why.number == 0));
      const bool bounded = why.code == base::errc::pattern_too_complex && why.number > 0;
      if (!in_place && !bounded)
        FAIL("refused without a place: " << text);
      continue;
    }
    ++valid;
    const auto& other = known[source.below(known.size())];
    if (one->overlaps(other) != other.overlaps(*one))
      FAIL("not symmetric: " << text << " and " << other.text());
    if (one->matches(other.text()) && !one->overlaps(known.front()))
      FAIL("matches a path but not all of them: " << text);
    if (known.size() < 64)
      known.push_back(*one);
    else
      known[2 + source.below(62)] = *one;
  }
  CHECK(valid > rounds / 4);
}

} // namespace intermute::domain
