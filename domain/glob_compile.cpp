#include "domain/glob.hpp"
#include "domain/glob_choices.hpp"
#include "domain/glob_program.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace intermute::domain {
namespace {

using token_span = std::span<const glob_token>;

bool is_star(const glob_token& token) { return token.kind == token_kind::star; }

bool is_literal(token_span part) {
  return std::all_of(part.begin(), part.end(),
                     [](const auto& token) { return token.kind == token_kind::literal; });
}

/// True if `part` is `count` literal dots and nothing else.
bool is_dots(token_span part, std::size_t count) {
  const auto is_dot
    = [](const auto& token) { return token.kind == token_kind::literal && token.value == U'.'; };
  return part.size() == count && std::all_of(part.begin(), part.end(), is_dot);
}

bool is_globstar(token_span part) {
  return part.size() >= 2 && std::all_of(part.begin(), part.end(), is_star);
}

/// True if stars stand side by side, in a component that is not a globstar.
bool is_glued(token_span part) {
  const auto both = [](const auto& a, const auto& b) { return is_star(a) && is_star(b); };
  return !is_globstar(part) && std::adjacent_find(part.begin(), part.end(), both) != part.end();
}

std::size_t wildcards_of(token_span part) {
  if (is_globstar(part))
    return 1;
  std::size_t count = 0;
  for (std::size_t i = 0; i < part.size(); ++i)
    if (part[i].kind != token_kind::literal && !(i > 0 && is_star(part[i]) && is_star(part[i - 1])))
      ++count;
  return count;
}

class compiler {
public:
  compiler(std::string_view text, std::vector<glob_set> sets) {
    made_->text = text;
    made_->sets = std::move(sets);
  }

  /// Adds one way through the braces. Nothing, or why the pattern is refused.
  std::optional<base::error> add(token_span alternative) {
    if (alternative.empty())
      return std::nullopt;
    any_ = true;
    parts_.clear();
    if (auto why = split(alternative))
      return why;
    const auto ends_open = parts_.empty() || alternative.back().kind == token_kind::slash;
    std::size_t wildcards = ends_open ? 1 : 0;
    for (const auto part : parts_)
      wildcards += wildcards_of(part);
    if (wildcards > glob_wildcards_max)
      return beyond("wildcards", glob_wildcards_max,
                    "The pattern has more than 64 wildcards: split it into several.");
    emit(ends_open);
    return std::nullopt;
  }

  base::result<std::shared_ptr<const glob_program>> finish();

private:
  std::optional<base::error> split(token_span alternative);
  std::optional<base::error> up(token_span dots);
  void encode(token_span part);
  void emit(bool ends_open);
  bool fits_no_name(token_span part) const;
  void measure();

  std::shared_ptr<glob_program> made_ = std::make_shared<glob_program>();
  glob_builder builder_{*made_};
  std::vector<token_span> parts_;
  std::u32string codes_;
  std::u32string ids_;
  bool any_ = false;
};

/// Puts the components into `parts_`: without empty ones and dots, `..` resolved.
std::optional<base::error> compiler::split(token_span alternative) {
  const auto is_slash = [](const auto& token) { return token.kind == token_kind::slash; };
  for (auto from = alternative.begin();;) { // Ends: each round goes behind a slash, or returns.
    const auto to = std::find_if(from, alternative.end(), is_slash);
    const token_span part{from, to};
    if (is_dots(part, 2)) {
      if (auto why = up(part))
        return why;
    } else if (!part.empty() && !is_dots(part, 1)) {
      parts_.push_back(part);
    }
    if (to == alternative.end())
      return std::nullopt;
    from = to + 1;
  }
}

std::optional<base::error> compiler::up(token_span dots) {
  if (parts_.empty())
    return invalid_at(dots.front().offset,
                      "`..` leaves the project: write the pattern from the project's root.");
  if (!is_literal(parts_.back()))
    return invalid_at(dots.front().offset,
                      "`..` cannot follow a wildcard: write the components without it.");
  parts_.pop_back();
  return std::nullopt;
}

/// True if `part` could match nothing, or `.` or `..` alone, which are no names.
bool compiler::fits_no_name(token_span part) const {
  const auto is_empty_set = [&](const auto& token) {
    return token.kind == token_kind::set && made_->sets[token.value].empty();
  };
  const auto is_only_dot = [&](const auto& token) {
    return token.kind == token_kind::set ? !made_->sets[token.value].has_more_than_dot()
                                         : token.kind == token_kind::literal && token.value == U'.';
  };
  return std::any_of(part.begin(), part.end(), is_empty_set)
         || (part.size() <= 2 && std::all_of(part.begin(), part.end(), is_only_dot));
}

/// Puts `part` into `codes_`.
void compiler::encode(token_span part) {
  codes_.resize(part.size());
  std::transform(part.begin(), part.end(), codes_.begin(), [](const auto& token) -> char32_t {
    switch (token.kind) {
    case token_kind::star: return gap_mark;
    case token_kind::any: return code_any;
    case token_kind::set: return code_set | token.value;
    default: return token.value;
    }
  });
}

/// Adds the alternative that `parts_` holds, unless one of them fits no name.
void compiler::emit(bool ends_open) {
  auto fits = true;
  for (const auto part : parts_) {
    made_->has_glued_globstar |= is_glued(part);
    fits = fits && !fits_no_name(part);
  }
  if (!fits)
    return;
  ids_.clear();
  for (const auto part : parts_) {
    if (is_globstar(part)) {
      ids_.push_back(gap_mark);
      continue;
    }
    encode(part);
    ids_.push_back(builder_.add_component(codes_));
  }
  if (ends_open)
    ids_.push_back(gap_mark);
  builder_.add_alternative(ids_);
}

base::result<std::shared_ptr<const glob_program>> compiler::finish() {
  if (!any_)
    return invalid_at(0, "Every alternative is empty: write `**` for the whole project.");
  measure();
  const auto& sizes = made_->sizes;
  const auto work
    = sizes.starred + sizes.fixed + 7 * sizes.sets + sizes.wide + 2 * sizes.components;
  if (work > glob_work_max)
    return beyond("work", glob_work_max,
                  "The braces multiply too much text: split the pattern into several.");
  return std::shared_ptr<const glob_program>{std::move(made_)};
}

void compiler::measure() {
  auto& made = *made_;
  for (const auto& part : made.components) {
    const auto codes = made.codes_of(part);
    (part.row.is_fixed() ? made.sizes.fixed : made.sizes.starred)
      += codes.size() + part.row.gap_count;
    for (const auto code : codes) {
      if ((code & code_set) == 0)
        continue;
      ++made.sizes.sets;
      made.sizes.wide += made.sets[code & ~code_set].wide_count();
    }
  }
  const auto head_of = [&](const glob_row& row) {
    const auto head_max = row.is_fixed() ? row.item_count : made.gaps_of(row).front();
    std::uint32_t head = 0;
    while (head < head_max && made.component(row, head).literal)
      ++head;
    return head;
  };
  for (const auto& row : made.alternatives) {
    made.sizes.components += row.item_count + row.gap_count;
    (row.is_fixed() ? made.sizes.has_fixed : made.sizes.has_gapped) = true;
    const auto& first = made.alternatives.front();
    const auto head = &row == &first ? head_of(row) : std::min(made.common_head, head_of(row));
    const auto* ids = made.ids.data();
    made.common_head = static_cast<std::uint32_t>(
      std::mismatch(ids + row.item_at, ids + row.item_at + head, ids + first.item_at).first
      - (ids + row.item_at));
  }
}

} // namespace

base::result<std::shared_ptr<const glob_program>> compile_glob(std::string_view text) {
  auto read = read_glob(text);
  if (!read)
    return read.why();
  const auto choices = glob_choices::of(*read);
  if (!choices)
    return choices.why();
  compiler made{text, std::move(read->sets)};
  if (read->alternations == 0) {
    if (auto why = made.add(read->tokens))
      return *why;
    return made.finish();
  }
  std::vector<glob_token> picked;
  for (std::uint32_t i = 0; i < choices->count(); ++i) {
    choices->pick(i, picked);
    if (auto why = made.add(picked))
      return *why;
  }
  return made.finish();
}

} // namespace intermute::domain
