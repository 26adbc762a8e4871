#pragma once

#include "base/error.hpp"

#include <optional>
#include <utility>
#include <variant>

namespace intermute::base {

/// A value, or the error that took its place. Check it before use: `if (!x) return x.why();`.
template <class T>
class [[nodiscard]] result {
public:
  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(error why) : held_(std::in_place_index<1>, std::move(why)) {}
  result(errc code, std::string detail = {}, std::string where = {})
    : held_(std::in_place_index<1>, error{code, std::move(detail), std::move(where)}) {}

  [[nodiscard]] explicit operator bool() const noexcept { return held_.index() == 0; }
  [[nodiscard]] T& operator*() noexcept { return *std::get_if<0>(&held_); }
  [[nodiscard]] const T& operator*() const noexcept { return *std::get_if<0>(&held_); }
  [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&held_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&held_); }

  /// The error; only to be asked when the result is false.
  [[nodiscard]] const error& why() const noexcept { return *std::get_if<1>(&held_); }

private:
  std::variant<T, error> held_;
};

/// Success without a value, or the error.
template <>
class [[nodiscard]] result<void> {
public:
  result() = default;
  result(error why) : why_(std::move(why)) {}
  result(errc code, std::string detail = {}, std::string where = {})
    : why_(error{code, std::move(detail), std::move(where)}) {}

  [[nodiscard]] explicit operator bool() const noexcept { return !why_.has_value(); }
  [[nodiscard]] const error& why() const noexcept { return *why_; }

private:
  std::optional<error> why_;
};

} // namespace intermute::base
