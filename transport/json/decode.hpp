#pragma once

#include "base/result.hpp"
#include "transport/json/fields.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace intermute::transport::json {

/// How deep arrays and objects may be nested in a body.
inline constexpr std::size_t depth_max = 64;

/// Where the value of one member goes; nothing for a member that nobody knows.
using place = std::variant<std::monostate, std::string*, bool*, std::int64_t*, strings*,
                           std::optional<strings>*, std::optional<string_map>*>;

/// The struct that a body is read into.
class target {
public:
  virtual ~target() = default;
  /// Where the member `name` goes.
  [[nodiscard]] virtual place find(std::string_view name) = 0;
};

/// Reads the first JSON value of `body`; what follows it is ignored.
///
/// Unknown members are skipped, of equal ones the last counts, `null` leaves the zero value. A
/// number has to be whole, as in `-7`; `1.0` and `1e2` are not, as the reference has it. Lone
/// surrogate escapes become U+FFFD. The body is read in place and is of no use afterwards.
/// Fails with `invalid_json` (the error's `where` names the member) or `invalid_utf8`.
[[nodiscard]] base::result<void> decode_into(std::string& body, target& into);

/// True if all of `text` is one JSON value, whatever it says.
[[nodiscard]] bool is_json(std::string_view text);

/// The struct that `body` describes; see `decode_into`.
template <described T>
[[nodiscard]] base::result<T> decode(std::string& body) {
  class typed_target final : public target {
  public:
    T value{};
    place find(std::string_view name) override {
      place found;
      const auto try_row = [&](const auto& row) {
        if (row.name() != name)
          return false;
        found = &(value.*row.member);
        return true;
      };
      std::apply([&](const auto&... row) { return (try_row(row) || ...); }, fields_of<T>::table);
      return found;
    }
  };
  typed_target into;
  if (auto done = decode_into(body, into); !done)
    return done.why();
  return std::move(into.value);
}

} // namespace intermute::transport::json
