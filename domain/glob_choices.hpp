#pragma once

// A part of the glob engine; only `glob*.cpp` include it.

#include "domain/glob_reader.hpp"

#include <cstdint>
#include <vector>

namespace intermute::domain {

/// The ways to choose one branch of every alternation of a pattern. Refers to the tokens.
class glob_choices {
public:
  /// Fails with `pattern_too_complex`: `alternatives`, or `work` if all of them together have
  /// more than `glob_expanded_max` tokens. Nothing is expanded yet.
  [[nodiscard]] static base::result<glob_choices> of(const glob_tokens& pattern);

  /// How many ways there are, equal ones counted each.
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

  /// Puts the tokens that remain in the way `index` into `out`, in place of what it holds.
  void pick(std::uint32_t index, std::vector<glob_token>& out) const;

private:
  struct branch {
    std::uint32_t begin; ///< Its first token, or the comma or brace that ends it.
    std::uint32_t count; ///< The ways to choose inside it.
  };
  struct alternation {
    std::vector<branch> branches;
    std::uint32_t count = 0;
    std::uint32_t end = 0; ///< The token behind it.
  };
  struct tally;

  explicit glob_choices(const glob_tokens& pattern)
    : tokens_(&pattern.tokens), alternations_(pattern.alternations) {}
  bool measure(std::uint64_t& tokens);

  const std::vector<glob_token>* tokens_;
  std::vector<alternation> alternations_;
  std::uint32_t count_ = 0;
};

} // namespace intermute::domain
