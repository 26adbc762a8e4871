#pragma once

#include "config/keys.hpp"

#include <chrono>
#include <concepts>
#include <type_traits>
#include <utility>

/// Makers of table rows; only `keys.cpp` includes this.
namespace intermute::config::rows {

template <class T>
value to_value(const T& x) {
  if constexpr (std::same_as<T, std::chrono::milliseconds>)
    return static_cast<std::uint64_t>(x.count());
  else if constexpr (std::is_enum_v<T> || std::integral<T>)
    return static_cast<std::uint64_t>(x);
  else
    return x;
}

template <class T>
void from_value(T& to, const value& x) {
  if constexpr (std::same_as<T, std::chrono::milliseconds>)
    to = std::chrono::milliseconds{std::get<std::uint64_t>(x)};
  else if constexpr (std::is_enum_v<T> || std::integral<T>)
    to = static_cast<T>(std::get<std::uint64_t>(x)); // In range: `parse` has checked it.
  else
    to = std::get<T>(x);
}

/// A row for the member `Member` of the subject `Section`.
template <auto Section, auto Member>
key row(std::string path, const value_rule& rule, std::string_view unit, change when,
        std::string_view help) {
  return {std::move(path),
          rule,
          unit,
          when,
          help,
          [](const settings& from) { return to_value(from.*Section.*Member); },
          [](settings& to, const value& x) { from_value(to.*Section.*Member, x); },
          {}};
}

/// A row for the capacity of one mailbox class.
template <std::size_t Index>
key mailbox_row(std::uint64_t capacity_max) {
  constexpr const auto& kind = mailbox_classes[Index];
  return {"mailboxes." + std::string{kind.name} + ".capacity",
          {value_kind::integer, 1, capacity_max, {}},
          "messages",
          change::live,
          kind.help,
          [](const settings& from) { return to_value(from.mailboxes.capacities[Index]); },
          [](settings& to, const value& x) { from_value(to.mailboxes.capacities[Index], x); },
          {}};
}

} // namespace intermute::config::rows
