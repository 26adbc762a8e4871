#include "tests/domain/glob/oracle.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

namespace intermute::test {
namespace {

using step = glob_oracle::step;
using range = glob_oracle::range;
using alternative = glob_oracle::alternative;

std::optional<std::u32string> decoded(std::string_view text) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xC0 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                                           : 4;
    if (size == 0 || lead > 0xF7 || i + size > text.size())
      return std::nullopt;
    auto c = static_cast<char32_t>(size == 1 ? lead : lead & (0x7FU >> size));
    for (std::size_t k = 1; k < size; ++k) {
      const auto more = static_cast<unsigned char>(text[i + k]);
      if (more < 0x80 || more > 0xBF)
        return std::nullopt;
      c = c * 64 + (more - 0x80U);
    }
    constexpr char32_t least[]{0, 0, 0x80, 0x800, 0x10000};
    if (c < least[size] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
      return std::nullopt;
    result.push_back(c);
    i += size;
  }
  return result;
}

std::string encoded(const std::u32string& text) {
  std::string result;
  const auto put = [&](char32_t c) { result.push_back(static_cast<char>(c)); };
  for (const auto c : text) {
    if (c < 0x80) {
      put(c);
      continue;
    }
    if (c < 0x800) {
      put(0xC0 + c / 0x40);
    } else {
      if (c < 0x10000) {
        put(0xE0 + c / 0x1000);
      } else {
        put(0xF0 + c / 0x40000);
        put(0x80 + c / 0x1000 % 0x40);
      }
      put(0x80 + c / 0x40 % 0x40);
    }
    put(0x80 + c % 0x40);
  }
  return result;
}

/// A piece of a pattern: a step, or a brace or comma that may yet turn out to be text.
struct piece {
  step what;
  char32_t mark = 0; ///< `{`, `,` or `}`.
  char32_t text = 0; ///< The character, if it is literal.
};
using pieces = std::vector<piece>;

step one(char32_t c) { return {step::kind::one, {{c, c}}, false}; }

/// Reads `[...]`, of which `at` is the first character inside. Nothing if it is broken.
std::optional<piece> read_class(const std::u32string& p, std::size_t& at) {
  step made{step::kind::one, {}, false};
  if (at < p.size() && (p[at] == U'!' || p[at] == U'^')) {
    made.negated = true;
    ++at;
  }
  const auto member = [&]() -> std::optional<char32_t> {
    if (at < p.size() && p[at] == U'\\')
      ++at;
    if (at >= p.size() || p[at] == U'/')
      return std::nullopt;
    return p[at++];
  };
  for (bool first = true;; first = false) {
    if (at >= p.size())
      return std::nullopt;
    if (p[at] == U']' && !first) {
      ++at;
      return piece{made};
    }
    const auto from = member();
    if (!from)
      return std::nullopt;
    auto to = from;
    if (at + 1 < p.size() && p[at] == U'-' && p[at + 1] != U']') {
      ++at;
      to = member();
      if (!to || *to < *from)
        return std::nullopt;
    }
    made.ranges.push_back({*from, *to});
  }
}

std::optional<pieces> read(const std::u32string& p) {
  pieces result;
  for (std::size_t at = 0; at < p.size();) {
    const auto c = p[at++];
    if (c == 0)
      return std::nullopt;
    if (c == U'[') {
      const auto made = read_class(p, at);
      if (!made)
        return std::nullopt;
      result.push_back(*made);
    } else if (c == U'\\') {
      if (at == p.size() || p[at] == U'/')
        return std::nullopt;
      result.push_back({one(p[at]), 0, p[at]});
      ++at;
    } else if (c == U'/') {
      result.push_back({{step::kind::slash, {}, false}});
    } else if (c == U'*') {
      result.push_back({{step::kind::star, {}, false}});
    } else if (c == U'?') {
      result.push_back({{step::kind::one, {}, true}});
    } else {
      const auto is_mark = c == U'{' || c == U',' || c == U'}';
      result.push_back({one(c), is_mark ? c : 0, c});
    }
  }
  return result;
}

struct alternation {
  std::size_t close = 0;
  std::vector<std::size_t> commas;
};

/// What the brace at `open` begins, if it is an alternation. Looks at each brace anew.
std::optional<alternation> alternation_at(const pieces& p, std::size_t open) {
  int depth = 0;
  alternation found;
  for (std::size_t i = open; i < p.size() && found.close == 0; ++i) {
    depth += p[i].mark == U'{' ? 1 : p[i].mark == U'}' ? -1 : 0;
    if (p[i].mark == U',' && depth == 1)
      found.commas.push_back(i);
    if (depth == 0)
      found.close = i;
  }
  if (found.close == 0 || found.commas.empty())
    return std::nullopt;
  return found;
}

/// All ways through `p` from `from` to `to`; too many are cut off above `most`.
std::vector<pieces> expanded(const pieces& p, std::size_t from, std::size_t to, std::size_t most) {
  std::vector<pieces> ways(1);
  const auto append = [&](const std::vector<pieces>& tails) {
    std::vector<pieces> longer;
    for (const auto& way : ways) {
      for (const auto& tail : tails) {
        if (longer.size() > most)
          break;
        longer.push_back(way);
        longer.back().insert(longer.back().end(), tail.begin(), tail.end());
      }
    }
    ways = std::move(longer);
  };
  for (auto at = from; at < to; ++at) {
    const auto found = p[at].mark == U'{' ? alternation_at(p, at) : std::nullopt;
    if (!found) {
      append({{p[at]}});
      continue;
    }
    std::vector<pieces> branches;
    auto begin = at + 1;
    auto ends = found->commas;
    ends.push_back(found->close);
    for (const auto end : ends) {
      for (auto& way : expanded(p, begin, end, most))
        branches.push_back(std::move(way));
      begin = end + 1;
    }
    append(branches);
    at = found->close;
  }
  return ways;
}

bool is_text(const pieces& part, std::u32string_view text) {
  return part.size() == text.size()
         && std::equal(part.begin(), part.end(), text.begin(),
                       [](const piece& x, char32_t c) { return x.text == c; });
}

/// Collapses runs of stars; a run of two or more alone becomes a globstar.
alternative steps_of(const pieces& part) {
  alternative result;
  for (const auto& x : part)
    if (x.what.what != step::kind::star || result.empty() || result.back().what != step::kind::star)
      result.push_back(x.what);
  if (result.size() == 1 && part.size() >= 2 && result[0].what == step::kind::star)
    return {{step::kind::globstar, {}, false}};
  result.push_back({step::kind::slash, {}, false});
  return result;
}

/// The components of one way, or nothing if it is invalid.
std::optional<alternative> normal(const pieces& way) {
  std::vector<pieces> parts(1);
  for (const auto& x : way) {
    if (x.what.what == step::kind::slash)
      parts.emplace_back();
    else
      parts.back().push_back(x);
  }
  const bool slash_at_end = way.back().what.what == step::kind::slash;
  std::vector<pieces> kept;
  for (const auto& part : parts) {
    if (part.empty() || is_text(part, U"."))
      continue;
    if (!is_text(part, U"..")) {
      kept.push_back(part);
      continue;
    }
    const auto is_literal = [](const piece& x) { return x.text != 0; };
    if (kept.empty() || !std::all_of(kept.back().begin(), kept.back().end(), is_literal))
      return std::nullopt;
    kept.pop_back();
  }
  if (slash_at_end || kept.empty())
    kept.push_back(pieces(2, piece{{step::kind::star, {}, false}}));
  alternative result;
  std::size_t wildcards = 0;
  for (const auto& part : kept) {
    for (const auto& x : part)
      wildcards += x.text == 0 && x.what.what == step::kind::one ? 1 : 0;
    for (const auto& made : steps_of(part)) {
      wildcards += made.what == step::kind::star || made.what == step::kind::globstar ? 1 : 0;
      result.push_back(made);
    }
  }
  if (wildcards > 64)
    return std::nullopt;
  return result;
}

bool accepts(const step& of, char32_t c) {
  if (of.what == step::kind::slash || c == U'/')
    return of.what == step::kind::slash && c == U'/';
  const auto inside = [&](const range& r) { return r.first <= c && c <= r.last; };
  return std::any_of(of.ranges.begin(), of.ranges.end(), inside) != of.negated;
}

bool may_be_skipped(const step& of) {
  return of.what == step::kind::star || of.what == step::kind::globstar;
}

/// A place in an alternative: before a step, or inside a name that a globstar takes.
using place = std::pair<std::size_t, bool>;

std::set<place> after(const alternative& way, place at, char32_t c) {
  const auto [index, inside] = at;
  if (inside)
    return {{index, c != U'/'}};
  std::set<place> result;
  auto i = index;
  for (; i < way.size() && may_be_skipped(way[i]); ++i)
    if (c != U'/')
      result.insert({i, way[i].what == step::kind::globstar});
  if (i < way.size() && accepts(way[i], c))
    result.insert({i + 1, false});
  return result;
}

bool is_end(const alternative& way, place at) {
  return !at.second
         && std::all_of(way.begin() + static_cast<std::ptrdiff_t>(at.first), way.end(),
                        may_be_skipped);
}

/// The automaton of all paths, each name closed by a slash.
enum class text_state { start, dot, dots, other, slash };

std::optional<text_state> next(text_state at, char32_t c) {
  switch (at) {
  case text_state::start:
  case text_state::slash:
    if (c == U'/')
      return std::nullopt;
    return c == U'.' ? text_state::dot : text_state::other;
  case text_state::dot:
    if (c == U'/')
      return std::nullopt;
    return c == U'.' ? text_state::dots : text_state::other;
  case text_state::dots:
    if (c == U'/')
      return std::nullopt;
    return text_state::other;
  case text_state::other: break;
  }
  return c == U'/' ? text_state::slash : text_state::other;
}

/// One character for each set of characters that no step of either side tells apart.
std::set<char32_t> letters(const alternative& a, const alternative& b) {
  std::set<char32_t> bounds{U'a', U'.', U'/', U'.' + 1, U'/' + 1, 0xE000};
  for (const auto* way : {&a, &b}) {
    for (const auto& s : *way) {
      for (const auto& r : s.ranges) {
        bounds.insert(r.first);
        bounds.insert(r.last + 1);
      }
    }
  }
  std::set<char32_t> result;
  for (const auto c : bounds)
    if (c != 0 && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF))
      result.insert(c);
  result.insert(1);
  return result;
}

std::optional<std::string> search(const alternative& a, const alternative& b) {
  using node = std::tuple<place, place, text_state>;
  const auto alphabet = letters(a, b);
  std::map<node, std::pair<node, char32_t>> reached;
  const node first{{0, false}, {0, false}, text_state::start};
  reached[first] = {first, 0};
  std::deque<node> open{first};
  while (!open.empty()) { // Ends: every node is opened once.
    const auto at = open.front();
    open.pop_front();
    const auto [x, y, text] = at;
    if (text == text_state::slash && is_end(a, x) && is_end(b, y)) {
      std::u32string path;
      for (auto back = at; back != first; back = reached[back].first)
        path.insert(path.begin(), reached[back].second);
      path.pop_back();
      return encoded(path);
    }
    for (const auto c : alphabet) {
      const auto to = next(text, c);
      if (!to)
        continue;
      for (const auto& next_x : after(a, x, c))
        for (const auto& next_y : after(b, y, c))
          if (reached.try_emplace({next_x, next_y, *to}, at, c).second)
            open.push_back({next_x, next_y, *to});
    }
  }
  return std::nullopt;
}

} // namespace

std::optional<glob_oracle> glob_oracle::parse(std::string_view pattern) {
  constexpr std::size_t alternatives_max = 128;
  const auto text = decoded(pattern);
  if (!text || text->empty() || pattern.size() > 4096)
    return std::nullopt;
  const auto read_pieces = read(*text);
  if (!read_pieces)
    return std::nullopt;
  const auto ways = expanded(*read_pieces, 0, read_pieces->size(), alternatives_max);
  if (ways.size() > alternatives_max)
    return std::nullopt;
  glob_oracle result;
  for (const auto& way : ways) {
    if (way.empty())
      continue;
    auto made = normal(way);
    if (!made)
      return std::nullopt;
    result.alternatives_.push_back(std::move(*made));
  }
  if (result.alternatives_.empty())
    return std::nullopt;
  return result;
}

glob_oracle glob_oracle::of_path(std::string_view path) {
  alternative way;
  for (const auto c : decoded(path).value_or(U""))
    way.push_back(c == U'/' ? step{step::kind::slash, {}, false} : one(c));
  way.push_back({step::kind::slash, {}, false});
  glob_oracle result;
  result.alternatives_.push_back(std::move(way));
  return result;
}

std::optional<std::string> glob_oracle::witness(const glob_oracle& other) const {
  for (const auto& a : alternatives_)
    for (const auto& b : other.alternatives_)
      if (auto found = search(a, b))
        return found;
  return std::nullopt;
}

} // namespace intermute::test
