#include "domain/glob_reader.hpp"

#include "domain/glob.hpp"
#include "domain/glob_utf8.hpp"

#include <optional>

namespace intermute::domain {
namespace {

/// Reads one pattern. After a failed step `why_` is set and nothing goes on.
class reader {
public:
  explicit reader(std::string_view text) : text_(text) {}

  base::result<glob_tokens> run() {
    made_.tokens.reserve(text_.size());
    while (at_ < text_.size()) // Ends: a step that succeeds takes at least one byte.
      if (!step())
        return *why_;
    return std::move(made_);
  }

private:
  /// A brace that waits for its partner.
  struct open_brace {
    std::uint32_t token;
    std::vector<std::uint32_t> commas;
  };

  bool fail(std::size_t offset, std::string detail) {
    why_ = invalid_at(offset, std::move(detail));
    return false;
  }

  /// The next character, or nothing and `why_`.
  std::optional<char32_t> take() {
    const auto start = at_;
    const auto character = next_character(text_, at_);
    if (!character)
      fail(start, "This is not UTF-8: send the pattern in UTF-8.");
    else if (*character == 0)
      fail(start, "No path holds a NUL byte: leave it out.");
    else
      return character;
    return std::nullopt;
  }

  void push(token_kind kind, std::uint32_t value, std::size_t offset) {
    made_.tokens.push_back({kind, value, static_cast<std::uint32_t>(offset)});
  }

  bool step() {
    const auto start = at_;
    const auto character = take();
    if (!character)
      return false;
    switch (*character) {
    case U'\\': return escape(start);
    case U'[': return set(start);
    case U'?': push(token_kind::any, 0, start); return true;
    case U'*': push(token_kind::star, 0, start); return true;
    case U'/': push(token_kind::slash, 0, start); return true;
    default: break;
    }
    push(token_kind::literal, *character, start);
    pair(*character);
    return true;
  }

  bool escape(std::size_t start) {
    const auto character = escaped(start);
    if (character)
      push(token_kind::literal, *character, start);
    return character.has_value();
  }

  /// The character behind the backslash at `start`, or nothing and `why_`.
  std::optional<char32_t> escaped(std::size_t start) {
    if (at_ == text_.size()) {
      fail(start, "A backslash cannot be the last character: write `\\\\` for one that is meant.");
      return std::nullopt;
    }
    const auto character = take();
    if (character == U'/') {
      fail(start, "`/` cannot be escaped: remove the backslash before it.");
      return std::nullopt;
    }
    return character;
  }

  /// Braces are paired innermost first; a pair that owns a comma becomes an alternation.
  void pair(char32_t character) {
    const auto token = static_cast<std::uint32_t>(made_.tokens.size() - 1);
    if (character == U'{')
      braces_.push_back({token, {}});
    if (braces_.empty())
      return;
    if (character == U',')
      braces_.back().commas.push_back(token);
    if (character != U'}')
      return;
    const auto opened = std::move(braces_.back());
    braces_.pop_back();
    if (opened.commas.empty())
      return;
    mark(opened.token, token_kind::open);
    for (const auto comma : opened.commas)
      mark(comma, token_kind::comma);
    mark(token, token_kind::close);
    ++made_.alternations;
  }

  void mark(std::uint32_t token, token_kind kind) {
    made_.tokens[token].kind = kind;
    made_.tokens[token].value = made_.alternations;
  }

  bool peek(char c) const { return at_ < text_.size() && text_[at_] == c; }

  bool set(std::size_t start) {
    const auto negated = peek('!') || peek('^');
    at_ += negated ? 1 : 0;
    std::vector<code_range> ranges;
    // Ends: a member takes at least one byte.
    while (ranges.empty() || !peek(']')) {
      const auto range = members(start);
      if (!range)
        return false;
      ranges.push_back(*range);
    }
    ++at_;
    push(token_kind::set, static_cast<std::uint32_t>(made_.sets.size()), start);
    made_.sets.emplace_back(std::move(ranges), negated);
    return true;
  }

  /// One character or one range of the class that begins at `start`. A `-` is a range's middle
  /// only between two members.
  std::optional<code_range> members(std::size_t start) {
    const auto from = at_;
    const auto first = member(start);
    if (!first)
      return std::nullopt;
    if (!peek('-') || (at_ + 1 < text_.size() && text_[at_ + 1] == ']'))
      return code_range{*first, *first};
    ++at_;
    const auto last = member(start);
    if (!last)
      return std::nullopt;
    if (*last < *first) {
      fail(from, "This range is out of order: put the smaller character first.");
      return std::nullopt;
    }
    return code_range{*first, *last};
  }

  /// One character of the class that begins at `start`, or nothing and `why_`.
  std::optional<char32_t> member(std::size_t start) {
    const auto from = at_;
    if (at_ == text_.size()) {
      fail(start, "This class has no end: add `]`, or write `\\[` for a bracket that is meant.");
      return std::nullopt;
    }
    const auto character = take();
    if (character == U'\\')
      return escaped(from);
    if (character == U'/') {
      fail(from, "A class cannot hold `/`: close it before, or write `\\[` for a bracket.");
      return std::nullopt;
    }
    return character;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  glob_tokens made_;
  std::vector<open_brace> braces_;
  std::optional<base::error> why_;
};

} // namespace

base::error invalid_at(std::size_t offset, std::string detail) {
  return {base::errc::invalid_pattern, std::move(detail), {}, offset};
}

base::error beyond(std::string_view bound, std::uint64_t limit, std::string detail) {
  return {base::errc::pattern_too_complex, std::move(detail), std::string{bound}, limit};
}

base::result<glob_tokens> read_glob(std::string_view pattern) {
  if (pattern.empty())
    return invalid_at(0, "The pattern is empty: write `**` for the whole project.");
  if (pattern.size() > glob_bytes_max)
    return beyond("bytes", glob_bytes_max,
                  "The pattern has more than 4096 bytes: split it into several.");
  return reader{pattern}.run();
}

} // namespace intermute::domain
