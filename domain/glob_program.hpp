#pragma once

// A part of the glob engine; only `glob*.cpp` include it.

#include "base/result.hpp"
#include "domain/glob_set.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace intermute::domain {

/// What may stand at one place of a name: a character, or one of the codes below.
using glob_code = std::uint32_t;
inline constexpr glob_code code_any = 0x0011'0000;
inline constexpr glob_code code_set = 0x8000'0000;        ///< The rest is an index into `sets`.
inline constexpr glob_code code_dot_barred = 0x4000'0000; ///< Beside another: but no `.` here.

/// Items in a row, with gaps of any length between them. A component is codes with a gap for each
/// `*`; an alternative is components with a gap for each `**`.
struct glob_row {
  std::uint32_t item_at = 0; ///< Into `codes` or `ids`.
  std::uint32_t item_count = 0;
  std::uint32_t gap_at = 0; ///< Into `gaps`; each is the number of items before it, growing.
  std::uint32_t gap_count = 0;

  [[nodiscard]] bool is_fixed() const noexcept { return gap_count == 0; }
};

/// A component that some name matches.
struct glob_component {
  glob_row row;
  bool literal = false;
  bool may_be_dots = false; ///< Fixed, and matches `.` or `..` letter by letter.
  std::uint64_t key = 0;    ///< Of a literal one: its codes, or with `key_is_hash` their hash.
};
inline constexpr std::uint64_t key_is_hash = std::uint64_t{1} << 63U;

/// How large a program is; `glob::cost` is made of these alone.
struct glob_sizes {
  std::uint64_t starred = 0;    ///< Codes and gaps of the components with `*`.
  std::uint64_t fixed = 0;      ///< Codes of the others.
  std::uint64_t sets = 0;       ///< Codes of either that are sets,
  std::uint64_t wide = 0;       ///< and their ranges beyond ASCII.
  std::uint64_t components = 0; ///< Summed over the alternatives.
  bool has_gapped = false;      ///< Some alternative has `**`.
  bool has_fixed = false;       ///< Some alternative has none.
};

/// A pattern after all braces are expanded. Alternatives that match nothing are not in it.
struct glob_program {
  std::string text;
  std::vector<glob_code> codes;
  std::vector<std::uint32_t> ids; ///< Into `components`.
  std::vector<std::uint32_t> gaps;
  std::vector<glob_set> sets;
  std::vector<glob_component> components; ///< Each once.
  std::vector<glob_row> alternatives;     ///< Each once.
  std::uint32_t common_head = 0;          ///< So many literal components begin every alternative.
  bool has_glued_globstar = false;
  glob_sizes sizes;

  [[nodiscard]] std::span<const glob_code> codes_of(const glob_component& part) const noexcept {
    return {codes.data() + part.row.item_at, part.row.item_count};
  }
  [[nodiscard]] std::span<const std::uint32_t> gaps_of(const glob_row& row) const noexcept {
    return {gaps.data() + row.gap_at, row.gap_count};
  }
  [[nodiscard]] const glob_component& component(const glob_row& row, std::uint32_t index) const {
    return components[ids[row.item_at + index]];
  }
};

/// What stands for a gap in the rows that are handed to a builder.
inline constexpr char32_t gap_mark = 0xFFFF'FFFF;

/// Makes a program of rows of codes and of component ids, each kept once.
class glob_builder {
public:
  explicit glob_builder(glob_program& to) : to_(to) {}

  /// The id of the component that consists of `codes` and gap marks. Gaps in a row are one.
  std::uint32_t add_component(const std::u32string& codes);

  /// Adds an alternative of component ids and gap marks. Gaps in a row are one.
  void add_alternative(const std::u32string& ids);

private:
  glob_program& to_;
  std::unordered_map<std::u32string, std::uint32_t> components_;
  std::unordered_set<std::u32string> alternatives_;
};

/// Compiles `text`; see `glob::parse`.
[[nodiscard]] base::result<std::shared_ptr<const glob_program>> compile_glob(std::string_view text);

/// The program that matches the path of `names` alone; each is UTF-8 and a legal name.
[[nodiscard]] glob_program literal_program(const std::vector<std::string_view>& names);

/// The names of `path`; see `normal_path`.
[[nodiscard]] base::result<std::vector<std::string_view>> names_of(std::string_view path);

/// True if some path matches both.
[[nodiscard]] bool programs_meet(const glob_program& a, const glob_program& b);

/// See `glob::cost`.
[[nodiscard]] std::uint64_t meeting_cost(const glob_program& a, const glob_program& b) noexcept;

} // namespace intermute::domain
