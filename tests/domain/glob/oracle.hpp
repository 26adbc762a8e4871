#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::test {

/// A slow second opinion on globs that shares no code with `domain/`: every alternative becomes an
/// automaton over characters, and a breadth-first search through the product of two of them and of
/// the automaton of all paths finds a shortest path that both match.
class glob_oracle {
public:
  /// Nothing if the pattern is invalid or beyond a limit of the dialect.
  static std::optional<glob_oracle> parse(std::string_view pattern);

  /// The pattern that matches `path` alone. The path is in normal form.
  static glob_oracle of_path(std::string_view path);

  /// A shortest path that both match, if there is one.
  [[nodiscard]] std::optional<std::string> witness(const glob_oracle& other) const;

  struct range {
    char32_t first;
    char32_t last;
  };
  /// One step of an alternative. Every component ends with `slash`.
  struct step {
    enum class kind { one, star, slash, globstar } what;
    std::vector<range> ranges; ///< Of `one`.
    bool negated = false;
  };
  using alternative = std::vector<step>;

private:
  std::vector<alternative> alternatives_;
};

} // namespace intermute::test
