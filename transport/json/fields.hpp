#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

/// One table per entity says which JSON member belongs to which struct member; it drives
/// decoding, encoding and the comparison with `api/openapi.yaml`.
namespace intermute::transport::json {

using strings = std::vector<std::string>;
using string_map = std::map<std::string, std::string>;

/// When an encoded object has the member.
enum class presence : std::uint8_t {
  always,
  when_set, ///< Left out when empty or false.
};

/// One row of a field table.
template <std::size_t N, class Class, class Member>
struct field_row {
  std::array<char, N + 3> key{}; ///< `,"name":`
  Member Class::*member = nullptr;
  presence when = presence::always;

  [[nodiscard]] constexpr std::string_view name() const noexcept { return {key.data() + 2, N - 1}; }
  /// `,"name":`, or without the comma for the first member.
  [[nodiscard]] constexpr std::string_view text(bool first) const noexcept {
    return {key.data() + (first ? 1 : 0), key.size() - (first ? 1 : 0)};
  }
};

/// A row: the member of the JSON object, the member of the struct, when it is written.
template <std::size_t N, class Class, class Member>
consteval field_row<N, Class, Member> field(const char (&name)[N], Member Class::*member,
                                            presence when = presence::always) {
  field_row<N, Class, Member> row;
  row.key[0] = ',';
  row.key[1] = '"';
  for (std::size_t i = 0; i + 1 < N; ++i)
    row.key[i + 2] = name[i];
  row.key[N + 1] = '"';
  row.key[N + 2] = ':';
  row.member = member;
  row.when = when;
  return row;
}

/// Specialised by each entity with `static constexpr std::tuple table{field(...), ...};`.
template <class T>
struct fields_of;

template <class T>
concept described = requires {
  fields_of<T>::table;
};

/// What the contract says of one member.
struct member_facts {
  std::string_view name;
  presence when = presence::always;
};

/// The members of `T` in the order of its table.
template <described T>
[[nodiscard]] std::vector<member_facts> members_of() {
  return std::apply(
    [](const auto&... row) {
      return std::vector<member_facts>{{row.name(), row.when}...};
    },
    fields_of<T>::table);
}

} // namespace intermute::transport::json
