#include "config/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace intermute::config {
namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first: `render_number` takes the first that divides the number.
constexpr std::array<unit, 4> size_units{
  {{"GiB", 1'073'741'824}, {"MiB", 1'048'576}, {"KiB", 1'024}, {"B", 1}}};
constexpr std::array<unit, 4> duration_units{
  {{"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

std::span<const unit> units_of(value_kind kind) {
  if (kind == value_kind::size)
    return size_units;
  if (kind == value_kind::duration)
    return duration_units;
  return {};
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::string join(std::span<const std::string_view> words) {
  std::string all;
  for (const auto word : words)
    all.append(all.empty() ? "" : ", ").append(word);
  return all;
}

std::string quoted(std::string_view text) { return '"' + std::string{text} + '"'; }

std::string kind_text(value_kind kind) {
  switch (kind) {
  case value_kind::size: return "a size such as 65536, 64KiB or 1MiB";
  case value_kind::duration: return "a duration such as 500ms, 2s, 1m or 1h";
  default: return "a whole number";
  }
}

std::string render_number(value_kind kind, std::uint64_t number) {
  if (number == 0)
    return kind == value_kind::duration ? "0ms" : "0";
  for (const auto& unit : units_of(kind))
    if (number % unit.factor == 0)
      return std::to_string(number / unit.factor).append(unit.name == "B" ? "" : unit.name);
  return std::to_string(number);
}

/// The factor of a unit; 1 without one, 0 for an unknown one.
std::uint64_t factor_of(value_kind kind, std::string_view name) {
  if (name.empty())
    return 1;
  for (const auto& unit : units_of(kind))
    if (unit.name == name)
      return unit.factor;
  return 0;
}

parsed_value parse_number(const value_rule& rule, std::string_view raw) {
  const auto text = trim(raw);
  const bool negative = text.starts_with('-');
  const auto unsigned_text = text.substr(negative ? 1 : 0);
  const auto digits = unsigned_text.substr(
    0, std::min(unsigned_text.find_first_not_of("0123456789"), unsigned_text.size()));
  const auto factor = factor_of(rule.kind, trim(unsigned_text.substr(digits.size())));
  if (digits.empty() || factor == 0)
    return {{}, quoted(raw) + " is not " + kind_text(rule.kind)};

  std::uint64_t number = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool overflow = read.ec == std::errc::result_out_of_range
                        || number > std::numeric_limits<std::uint64_t>::max() / factor;
  if (negative || overflow || number * factor < rule.min || number * factor > rule.max)
    return {{}, std::string{text} + " is outside " + bounds_text(rule)};
  return {number * factor, {}};
}

} // namespace

parsed_value parse(const value_rule& rule, const std::string& raw) {
  switch (rule.kind) {
  case value_kind::text: return {raw, {}};
  case value_kind::names: return {{}, "takes a list, such as [one, two]"};
  case value_kind::choice: {
    const auto found = std::ranges::find(rule.choices, raw);
    if (found == rule.choices.end())
      return {{}, quoted(raw) + " is not one of " + join(rule.choices)};
    return {static_cast<std::uint64_t>(found - rule.choices.begin()), {}};
  }
  default: return parse_number(rule, raw);
  }
}

parsed_value parse(const value_rule& rule, const std::vector<std::string>& raw) {
  if (rule.kind != value_kind::names)
    return {{}, "takes one value, not a list"};
  if (raw.size() < rule.min || raw.size() > rule.max)
    return {{}, std::to_string(raw.size()) + " names are outside " + bounds_text(rule)};
  return {raw, {}};
}

std::vector<std::string> split_names(std::string_view text) {
  std::vector<std::string> names;
  if (trim(text).empty())
    return names;
  for (;;) { // Ends: every round but the last one cuts a comma off.
    const auto comma = text.find(',');
    names.emplace_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos)
      return names;
    text.remove_prefix(comma + 1);
  }
}

std::string render(const value_rule& rule, const value& x) {
  if (const auto* const text = std::get_if<std::string>(&x))
    return text->empty() ? "\"\"" : *text;
  if (const auto* const names = std::get_if<std::vector<std::string>>(&x)) {
    const std::vector<std::string_view> views{names->begin(), names->end()};
    return '[' + join(views) + ']';
  }
  const auto number = std::get<std::uint64_t>(x);
  if (rule.kind == value_kind::choice)
    return number < rule.choices.size() ? std::string{rule.choices[number]} : "?";
  return render_number(rule.kind, number);
}

std::string bounds_text(const value_rule& rule) {
  if (rule.kind == value_kind::text)
    return "any text";
  if (rule.kind == value_kind::choice)
    return join(rule.choices);
  auto text = render_number(rule.kind, rule.min) + " to " + render_number(rule.kind, rule.max);
  return rule.kind == value_kind::names ? text + " names" : text;
}

} // namespace intermute::config
