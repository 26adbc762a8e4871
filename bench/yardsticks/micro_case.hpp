#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace intermute::bench::yardsticks {

using micro_clock = std::chrono::steady_clock;

/// Something that is measured again and again.
class micro_case {
public:
  virtual ~micro_case() = default;

  /// Works for about `time`, at least once.
  /// @returns The figure, in the unit of its row.
  [[nodiscard]] virtual double measure(std::chrono::nanoseconds time) = 0;
};

/// One figure there is.
struct micro_row {
  std::string_view name;
  std::string_view unit;
  /// Prepares it. @param folder  For files, each under a name of its own.
  std::unique_ptr<micro_case> (*make)(const std::filesystem::path& folder);
};

inline constexpr std::string_view ns_per_op = "ns/op";
inline constexpr std::string_view ops_per_s = "ops/s";

[[nodiscard]] std::vector<micro_row> actor_rows(); ///< Mailbox and ring.
[[nodiscard]] std::vector<micro_row> text_rows();  ///< Patterns and JSON.
[[nodiscard]] std::vector<micro_row> store_rows(); ///< The writer and SQLite.

/// Makes the compiler believe that `value` is looked at.
template <class T>
void look_at(const T& value) {
  __asm__ volatile("" : : "r"(&value) : "memory");
}

/// Calls `some()`, which does `count` operations each time, until `time` is over.
/// @returns Nanoseconds per operation.
template <class Some>
double ns_each(std::chrono::nanoseconds time, std::uint64_t count, Some some) {
  const auto began = micro_clock::now();
  std::uint64_t done = 0;
  std::chrono::nanoseconds spent{};
  do { // Ends: the clock goes on.
    some();
    done += count;
    spent = micro_clock::now() - began;
  } while (spent < time);
  return static_cast<double>(spent.count()) / static_cast<double>(done);
}

/// Operations per second.
[[nodiscard]] inline double rate_of(std::uint64_t operations, std::chrono::nanoseconds in) {
  return static_cast<double>(operations) / std::chrono::duration<double>(in).count();
}

} // namespace intermute::bench::yardsticks
