#include "domain/glob_program.hpp"

#include "domain/glob_utf8.hpp"

#include <algorithm>

namespace intermute::domain {
namespace {

/// Up to eight ASCII characters themselves, else FNV-1a.
std::uint64_t key_of(std::span<const glob_code> codes) noexcept {
  std::uint64_t packed = 0;
  std::uint64_t hash = 0xcbf2'9ce4'8422'2325U;
  auto fits = codes.size() <= 8;
  for (const auto code : codes) {
    packed = packed << 8U | code;
    hash = (hash ^ code) * 0x100'0000'01b3U;
    fits = fits && code < 0x80;
  }
  return fits ? packed : hash | key_is_hash;
}

/// Appends `row` to the items and gaps of a program, gaps in a row as one.
glob_row append(std::u32string_view row, std::vector<std::uint32_t>& items,
                std::vector<std::uint32_t>& gaps) {
  glob_row made{static_cast<std::uint32_t>(items.size()), 0,
                static_cast<std::uint32_t>(gaps.size()), 0};
  for (const auto item : row) {
    if (item != gap_mark) {
      items.push_back(item);
      ++made.item_count;
    } else if (made.gap_count == 0 || gaps.back() != made.item_count) {
      gaps.push_back(made.item_count);
      ++made.gap_count;
    }
  }
  return made;
}

/// Fills in what follows from the codes of `part`.
void describe(const glob_program& program, glob_component& part) {
  const auto codes = program.codes_of(part);
  const auto may_be_dot = [&](glob_code code) {
    return code == U'.' || code == code_any
           || ((code & code_set) != 0 && program.sets[code & ~code_set].contains(U'.'));
  };
  part.literal = part.row.is_fixed()
                 && std::all_of(codes.begin(), codes.end(), [](auto c) { return c < code_any; });
  part.may_be_dots = part.row.is_fixed() && codes.size() <= 2
                     && std::all_of(codes.begin(), codes.end(), may_be_dot);
  part.key = key_of(codes);
}

} // namespace

std::uint32_t glob_builder::add_component(const std::u32string& codes) {
  const auto next = static_cast<std::uint32_t>(to_.components.size());
  const auto [known, is_new] = components_.try_emplace(codes, next);
  if (is_new) {
    auto& part = to_.components.emplace_back();
    part.row = append(codes, to_.codes, to_.gaps);
    describe(to_, part);
  }
  return known->second;
}

void glob_builder::add_alternative(const std::u32string& ids) {
  if (alternatives_.insert(ids).second)
    to_.alternatives.push_back(append(ids, to_.ids, to_.gaps));
}

glob_program literal_program(const std::vector<std::string_view>& names) {
  glob_program made;
  for (const auto name : names) {
    auto& part = made.components.emplace_back();
    part.row.item_at = static_cast<std::uint32_t>(made.codes.size());
    std::size_t at = 0;
    while (at < name.size()) { // Ends: `at` grows, or it is not UTF-8.
      const auto character = next_character(name, at);
      if (!character)
        break;
      made.codes.push_back(*character);
    }
    part.row.item_count = static_cast<std::uint32_t>(made.codes.size()) - part.row.item_at;
    made.ids.push_back(static_cast<std::uint32_t>(made.ids.size()));
    describe(made, part);
  }
  made.alternatives.push_back({0, static_cast<std::uint32_t>(names.size()), 0, 0});
  return made;
}

} // namespace intermute::domain
