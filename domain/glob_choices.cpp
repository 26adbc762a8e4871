#include "domain/glob_choices.hpp"

#include "domain/glob.hpp"

namespace intermute::domain {

/// What is known of one brace level while its tokens are counted.
struct glob_choices::tally {
  std::uint64_t count = 1;  ///< Ways through the branch so far.
  std::uint64_t tokens = 0; ///< Of all these ways together.
  std::uint64_t count_before = 0;
  std::uint64_t tokens_before = 0; ///< Of the finished branches.
  std::uint32_t begin = 0;         ///< Of the branch.

  void end_branch(std::uint32_t next) {
    count_before += count;
    tokens_before += tokens;
    count = 1;
    tokens = 0;
    begin = next;
  }
};

base::result<glob_choices> glob_choices::of(const glob_tokens& pattern) {
  glob_choices made{pattern};
  std::uint64_t tokens = 0;
  if (!made.measure(tokens))
    return beyond("alternatives", glob_alternatives_max,
                  "The braces expand to more than 128 alternatives: split the pattern.");
  if (tokens > glob_expanded_max)
    return beyond("work", glob_expanded_max,
                  "The braces repeat too much text: split the pattern into several.");
  return made;
}

bool glob_choices::measure(std::uint64_t& tokens) {
  std::vector<tally> levels(1);
  for (std::uint32_t i = 0; i < tokens_->size(); ++i) {
    const auto& token = (*tokens_)[i];
    auto& level = levels.back();
    if (token.kind == token_kind::open) {
      levels.emplace_back().begin = i + 1;
    } else if (token.kind == token_kind::comma || token.kind == token_kind::close) {
      auto& owner = alternations_[token.value];
      owner.branches.push_back({level.begin, static_cast<std::uint32_t>(level.count)});
      level.end_branch(i + 1);
      if (token.kind == token_kind::comma)
        continue;
      const auto inner = level;
      levels.pop_back();
      owner.count = static_cast<std::uint32_t>(inner.count_before);
      owner.end = i + 1;
      auto& outer = levels.back();
      outer.tokens = outer.tokens * inner.count_before + inner.tokens_before * outer.count;
      outer.count *= inner.count_before;
      // Every level has at least one way, so what is too many here is too many in all.
      if (outer.count > glob_alternatives_max)
        return false;
    } else {
      level.tokens += level.count;
    }
  }
  tokens = levels.back().tokens;
  count_ = static_cast<std::uint32_t>(levels.back().count);
  return true;
}

void glob_choices::pick(std::uint32_t index, std::vector<glob_token>& out) const {
  out.clear();
  std::vector<std::uint32_t> outer;                 // What is left of the index when a level ends.
  for (std::uint32_t i = 0; i < tokens_->size();) { // Ends: every jump goes forward.
    const auto& token = (*tokens_)[i];
    if (token.kind == token_kind::open) {
      const auto& here = alternations_[token.value];
      outer.push_back(index / here.count);
      index %= here.count;
      auto chosen = here.branches.begin();
      for (; index >= chosen->count; ++chosen) // Ends: `index` is below the sum of the counts.
        index -= chosen->count;
      i = chosen->begin;
    } else if (token.kind == token_kind::comma || token.kind == token_kind::close) {
      index = outer.back();
      outer.pop_back();
      i = alternations_[token.value].end;
    } else {
      out.push_back(token);
      ++i;
    }
  }
}

} // namespace intermute::domain
