#include "domain/glob_program.hpp"

#include <algorithm>
#include <array>

// Whether two programs have a path in common.
//
// Both levels are the same problem: two rows of items with gaps between them, where two items
// agree or do not, and any item can stand in a gap. (Codes: a character that both accept. Every
// code accepts some character. Components: a name that both match. Every component matches one.)
//
// - Neither row has a gap: as many items, and they agree one by one.
// - Both have gaps: it is enough that the items before the first gaps agree as far as both go,
//   and likewise those behind the last gaps. For then there is a common row: the longer front;
//   what remains of the first row but its end, in the other row's first gap; what remains of the
//   other row, in the first row's last gap; the longer end.
// - One has a gap: its pieces are looked for from left to right in the other, each at the first
//   place where it agrees; a later place would only leave less room.
//
// Names must not be `.` or `..`. Where both components have a gap, the common name above can be
// made longer; so only a fixed component of one or two codes needs care, see dotless_meet().

namespace intermute::domain {
namespace {

using gap_span = std::span<const std::uint32_t>;

struct row_shape {
  std::uint32_t count;
  gap_span gaps;
};

/// True if a row with gaps has one in common with a row of `count` items without.
/// `agree(i, j, n)`: items i to i + n of the first agree with j to j + n of the second.
template <class Agree>
bool gapped_meets_fixed(const row_shape& gapped, std::uint32_t count, const Agree& agree) {
  const auto head = gapped.gaps.front();
  const auto tail = gapped.count - gapped.gaps.back();
  if (count < gapped.count || !agree(0, 0, head) || !agree(gapped.gaps.back(), count - tail, tail))
    return false;
  auto at = head;
  for (std::size_t i = 1; i < gapped.gaps.size(); ++i) {
    const auto piece = gapped.gaps[i - 1];
    const auto size = gapped.gaps[i] - piece;
    while (at + size <= count - tail && !agree(piece, at, size)) // Ends: `at` grows.
      ++at;
    if (at + size > count - tail)
      return false;
    at += size;
  }
  return true;
}

template <class Agree>
bool rows_meet(const row_shape& a, const row_shape& b, const Agree& agree) {
  if (a.gaps.empty() && b.gaps.empty())
    return a.count == b.count && agree(0, 0, a.count);
  if (b.gaps.empty())
    return gapped_meets_fixed(a, b.count, agree);
  if (a.gaps.empty())
    return gapped_meets_fixed(b, a.count, [&](auto i, auto j, auto n) { return agree(j, i, n); });
  const auto head = std::min(a.gaps.front(), b.gaps.front());
  const auto tail = std::min(a.count - a.gaps.back(), b.count - b.gaps.back());
  return agree(0, 0, head) && agree(a.count - tail, b.count - tail, tail);
}

/// Codes and the sets that they refer to.
struct code_row {
  const glob_code* codes;
  const glob_set* sets;
};

/// True if `set` accepts `code`, a character or `code_any`; with `dot_barred`, not by `.` alone.
bool set_meets(const glob_set& set, glob_code code, bool dot_barred) {
  if (code == code_any)
    return !dot_barred || set.has_more_than_dot();
  return set.contains(code) && !(dot_barred && code == U'.');
}

/// True if both accept a common character, which is not `.` where one of them bars it.
bool codes_meet(glob_code x, const glob_set* x_sets, glob_code y, const glob_set* y_sets) {
  const auto dot_barred = ((x | y) & code_dot_barred) != 0;
  x &= ~code_dot_barred;
  y &= ~code_dot_barred;
  const auto x_is_set = x > code_any;
  const auto y_is_set = y > code_any;
  if (x_is_set && y_is_set)
    return x_sets[x & ~code_set].meets(y_sets[y & ~code_set], dot_barred);
  if (x_is_set)
    return set_meets(x_sets[x & ~code_set], y, dot_barred);
  if (y_is_set)
    return set_meets(y_sets[y & ~code_set], x, dot_barred);
  if (x != y && x != code_any && y != code_any)
    return false;
  return !(dot_barred && std::min(x, y) == U'.');
}

/// True if it is plain that both accept a common character; false does not say that they do not.
bool plainly_meet(glob_code x, glob_code y) {
  const auto same = x == y && x <= code_any;
  const auto any = (x == code_any || y == code_any) && ((x | y) & code_dot_barred) == 0;
  return same || any;
}

/// As plainly_meet() of the next eight, none of which bars the dot. Most time goes here, so it is
/// written for vector instructions.
bool eight_meet(const glob_code* a, const glob_code* b) {
  constexpr auto all = ~glob_code{0};
  glob_code doubt = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    const auto same = a[i] == b[i] ? all : 0;
    const auto any = (a[i] == code_any ? all : 0) | (b[i] == code_any ? all : 0);
    doubt |= ~(same | any) | (same & a[i] & code_set);
  }
  return doubt == 0;
}

/// True if `count` codes meet one by one.
bool codes_agree(const code_row& a, std::uint32_t i, const code_row& b, std::uint32_t j,
                 std::uint32_t count) {
  const auto* x = a.codes + i;
  const auto* y = b.codes + j;
  const auto* const end = x + count;
  while (x != end) { // Ends: each round takes at least one code.
    const auto size = std::min<std::ptrdiff_t>(end - x, 8);
    if (size < 8 || !eight_meet(x, y))
      for (std::ptrdiff_t k = 0; k < size; ++k)
        if (!plainly_meet(x[k], y[k]) && !codes_meet(x[k], a.sets, y[k], b.sets))
          return false;
    x += size;
    y += size;
  }
  return true;
}

bool code_rows_meet(const row_shape& a_shape, const code_row& a, const row_shape& b_shape,
                    const code_row& b) {
  return rows_meet(a_shape, b_shape,
                   [&](auto i, auto j, auto n) { return codes_agree(a, i, b, j, n); });
}

/// A component and the program it belongs to.
struct part_view {
  const glob_program& program;
  const glob_component& part;

  [[nodiscard]] code_row codes() const {
    return {program.codes_of(part).data(), program.sets.data()};
  }
  [[nodiscard]] row_shape shape() const { return {part.row.item_count, program.gaps_of(part.row)}; }
};

bool same_literal(const part_view& a, const part_view& b) {
  return a.part.key == b.part.key
         && ((a.part.key & key_is_hash) == 0
             || std::ranges::equal(a.program.codes_of(a.part), b.program.codes_of(b.part)));
}

/// As parts_meet() where `fixed` is one or two codes that accept dots: tries each of them with
/// the dot barred, since a name of which some character is no dot is a name.
bool dotless_meet(const part_view& fixed, const part_view& other) {
  const auto codes = fixed.program.codes_of(fixed.part);
  std::array<glob_code, 2> barred{};
  for (std::size_t k = 0; k < codes.size(); ++k) {
    std::copy(codes.begin(), codes.end(), barred.begin());
    barred[k] |= code_dot_barred;
    if (!codes_meet(barred[k], fixed.program.sets.data(), code_any, nullptr))
      continue; // Nothing but the dot, which might otherwise stand in a gap.
    if (code_rows_meet(fixed.shape(), {barred.data(), fixed.program.sets.data()}, other.shape(),
                       other.codes()))
      return true;
  }
  return false;
}

/// True if some name matches both.
bool parts_meet(const part_view& a, const part_view& b) {
  if (a.part.literal && b.part.literal)
    return same_literal(a, b);
  if (a.part.may_be_dots && (b.part.may_be_dots || !b.part.row.is_fixed()))
    return dotless_meet(a, b);
  if (b.part.may_be_dots && !a.part.row.is_fixed())
    return dotless_meet(b, a);
  return code_rows_meet(a.shape(), a.codes(), b.shape(), b.codes());
}

/// What is known of the pairs of components of two programs. Of use where alternatives share
/// components; then every pair is judged once, whatever the number of alternatives. A byte each:
/// a pattern of 4096 bytes has some 1,500 components that differ.
class pair_memo {
public:
  pair_memo(const glob_program& a, const glob_program& b) : width_(b.components.size()) {
    const auto size = a.components.size() * width_;
    if (a.alternatives.size() * b.alternatives.size() <= 1) {
      known_ = {};
    } else if (size <= small_.size()) {
      std::fill_n(small_.begin(), size, unknown);
      known_ = {small_.data(), size};
    } else {
      static thread_local std::vector<std::uint8_t> large;
      large.assign(size, unknown);
      known_ = large;
    }
  }

  template <class Judge>
  bool get(std::uint32_t a, std::uint32_t b, const Judge& judge) {
    if (known_.empty())
      return judge();
    auto& known = known_[a * width_ + b];
    if (known == unknown)
      known = judge() ? 1 : 0;
    return known == 1;
  }

private:
  static constexpr std::uint8_t unknown = 2;

  std::size_t width_;
  std::array<std::uint8_t, 512> small_;
  std::span<std::uint8_t> known_;
};

class meeting {
public:
  meeting(const glob_program& a, const glob_program& b) : a_(a), b_(b), memo_(a, b) {}

  bool run() {
    for (const auto& x : a_.alternatives)
      for (const auto& y : b_.alternatives)
        if (alternatives_meet(x, y))
          return true;
    return false;
  }

private:
  bool alternatives_meet(const glob_row& x, const glob_row& y) {
    const auto agree = [&](std::uint32_t i, std::uint32_t j, std::uint32_t count) {
      for (std::uint32_t k = 0; k < count; ++k)
        if (!ids_meet(a_.ids[x.item_at + i + k], b_.ids[y.item_at + j + k]))
          return false;
      return true;
    };
    return rows_meet({x.item_count, a_.gaps_of(x)}, {y.item_count, b_.gaps_of(y)}, agree);
  }

  bool ids_meet(std::uint32_t i, std::uint32_t j) {
    return memo_.get(i, j, [&] {
      return parts_meet({a_, a_.components[i]}, {b_, b_.components[j]});
    });
  }

  const glob_program& a_;
  const glob_program& b_;
  pair_memo memo_;
};

/// False if the literal components at the front of all alternatives differ.
bool heads_agree(const glob_program& a, const glob_program& b) {
  const auto count = std::min(a.common_head, b.common_head);
  for (std::uint32_t i = 0; i < count; ++i)
    if (!same_literal({a, a.component(a.alternatives.front(), i)},
                      {b, b.component(b.alternatives.front(), i)}))
      return false;
  return true;
}

} // namespace

bool programs_meet(const glob_program& a, const glob_program& b) {
  return heads_agree(a, b) && meeting{a, b}.run();
}

/// Each number below was measured, in nanoseconds, and rounded up.
std::uint64_t meeting_cost(const glob_program& a, const glob_program& b) noexcept {
  constexpr std::uint64_t call = 100;
  if (!heads_agree(a, b))
    return call;
  const auto& x = a.sizes;
  const auto& y = b.sizes;
  // How often two components are compared, and how often for the first time.
  const auto alternatives = a.alternatives.size() * b.alternatives.size();
  const auto searched = (x.has_gapped && y.has_fixed) || (x.has_fixed && y.has_gapped);
  const auto pairs = searched ? x.components * y.components
                              : std::min(a.alternatives.size() * y.components,
                                         b.alternatives.size() * x.components);
  const auto all_pairs = a.components.size() * b.components.size();
  const auto first_pairs = alternatives > 1 ? std::min(pairs, all_pairs) : pairs;
  // How often two codes are: of a component with gaps along one without, of two side by side,
  // and those of sets, which take longest.
  const auto x_codes = x.starred + x.fixed;
  const auto y_codes = y.starred + y.fixed;
  const auto slid = x.starred * y.fixed + x.fixed * y.starred;
  const auto aligned = std::min(a.components.size() * y_codes, b.components.size() * x_codes);
  const auto of_sets = x.sets * y_codes + y.sets * x_codes;
  const auto of_wide = x.wide * y.sets + x.sets * y.wide;
  return call + 15 * alternatives + 10 * pairs + 25 * first_pairs + 4 * (slid + aligned)
         + 5 * (of_sets + of_wide) + (alternatives > 1 ? all_pairs / 8 : 0);
}

} // namespace intermute::domain
