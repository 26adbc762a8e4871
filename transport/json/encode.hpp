#pragma once

#include "base/clock.hpp"
#include "transport/json/fields.hpp"

#include <charconv>
#include <string>
#include <string_view>

/// Compact JSON, appended to a string. Texts must be UTF-8; they are escaped no more than JSON
/// asks for.
namespace intermute::transport::json {

/// `text` in quotes. Runs of plain characters are copied at once.
void append_string(std::string& to, std::string_view text);

/// `at` in quotes, RFC 3339 with up to nine digits, trailing zeros trimmed. Years 0 to 9999.
void append_time(std::string& to, base::wall_time at);

/// `at` in quotes, RFC 3339, whole seconds. Years 0 to 9999.
void append_seconds(std::string& to, base::wall_time at);

inline void append_number(std::string& to, std::uint64_t value) {
  std::array<char, 20> digits; // NOLINT: written by to_chars
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  to.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

/// Marks a time that the wire shows in whole seconds.
struct whole_seconds {
  base::wall_time at{};
};

inline void append_value(std::string& to, std::string_view text) { append_string(to, text); }
inline void append_value(std::string& to, const std::string& text) { append_string(to, text); }
inline void append_value(std::string& to, bool value) { to += value ? "true" : "false"; }
inline void append_value(std::string& to, std::uint64_t value) { append_number(to, value); }
inline void append_value(std::string& to, base::wall_time at) { append_time(to, at); }
inline void append_value(std::string& to, whole_seconds time) { append_seconds(to, time.at); }
inline void append_value(std::string& to, const strings& list) {
  to.push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0)
      to.push_back(',');
    append_string(to, list[i]);
  }
  to.push_back(']');
}
inline void append_value(std::string& to, const string_map& map) {
  to.push_back('{');
  bool first = true;
  for (const auto& [key, value] : map) {
    if (!first)
      to.push_back(',');
    first = false;
    append_string(to, key);
    to.push_back(':');
    append_string(to, value);
  }
  to.push_back('}');
}
/// Nothing, and a null pointer, become `null`.
template <class T>
void append_value(std::string& to, const std::optional<T>* value) {
  if (value != nullptr && value->has_value())
    append_value(to, **value);
  else
    to += "null";
}

template <class T>
void append_value(std::string& to, const std::optional<T>& value) {
  append_value(to, &value);
}
template <described T>
void append_value(std::string& to, const std::vector<T>& list);

template <class T>
bool is_set(const std::optional<T>& value) noexcept {
  return value.has_value();
}
inline bool is_set(std::string_view text) noexcept { return !text.empty(); }
inline bool is_set(const std::string& text) noexcept { return !text.empty(); }
inline bool is_set(bool value) noexcept { return value; }
inline bool is_set(const strings& list) noexcept { return !list.empty(); }

/// An object with the members of its table, in that order.
template <described T>
void append_value(std::string& to, const T& object) {
  to.push_back('{');
  bool first = true;
  const auto append_member = [&](const auto& row) {
    const auto& value = object.*row.member;
    if constexpr (requires { is_set(value); }) {
      if (row.when == presence::when_set && !is_set(value))
        return;
    }
    to += row.text(first);
    first = false;
    append_value(to, value);
  };
  std::apply([&](const auto&... row) { (append_member(row), ...); }, fields_of<T>::table);
  to.push_back('}');
}

/// A list of objects.
template <described T>
void append_value(std::string& to, const std::vector<T>& list) {
  to.push_back('[');
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i != 0)
      to.push_back(',');
    append_value(to, list[i]);
  }
  to.push_back(']');
}

/// A whole body: the value and one line feed.
template <class T>
void append_body(std::string& to, const T& value) {
  append_value(to, value);
  to.push_back('\n');
}

} // namespace intermute::transport::json
