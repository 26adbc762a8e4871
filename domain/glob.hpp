#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace intermute::domain {

// The bounds of one pattern. `glob::parse` names them in `where` of its error.

/// `bytes`: of the pattern as written.
inline constexpr std::size_t glob_bytes_max = 4096;
/// `wildcards`: in one alternative; a run of stars is one, a class is one.
inline constexpr std::uint32_t glob_wildcards_max = 64;
/// `alternatives`: with all braces expanded, equal ones counted each.
inline constexpr std::uint32_t glob_alternatives_max = 128;
/// `work`: what braces may multiply to; no pattern without braces comes to it. Each component that
/// differs from the others counts its characters and wildcards (a class 8 and its ranges beyond
/// ASCII), each component of each alternative 2. So 128 alternatives may have 20 components each,
/// or 46 characters that differ.
inline constexpr std::uint64_t glob_work_max = 6144;
/// `work` as well: characters in all alternatives together, before anything is compared.
inline constexpr std::uint64_t glob_expanded_max = 65'536;

/// `glob::cost` up to which a pair takes at most 100 microseconds and may be judged where nothing
/// may wait. A unit is about a nanosecond.
inline constexpr std::uint64_t glob_inline_cost_max = 100'000;

struct glob_program;

/// A pattern of paths, compiled. Dialect IGD-1: `*`, `?`, `[a-z]`, `[!a-z]`, `{a,b}`, `\x`, and
/// `**` as a component for any number of names; a trailing `/` is the whole subtree.
///
/// A path is one or more names joined by `/`; a name is neither empty nor `.` nor `..` and holds
/// Unicode characters but NUL and `/`. Characters are compared as they are: no case folding, no
/// normalisation. A pattern never changes; copies share it. Safe from any thread.
class glob {
public:
  /// The pattern `text`, judged on its own: whether it is taken depends on no other pattern.
  ///
  /// Fails with `invalid_pattern`, `number` being the byte offset of the first offending byte, or
  /// with `pattern_too_complex`, `where` being the bound's name and `number` the limit. Linear in
  /// the size of all alternatives together, about a millisecond at most.
  [[nodiscard]] static base::result<glob> parse(std::string_view text);

  /// The pattern as it was given.
  [[nodiscard]] const std::string& text() const noexcept;

  /// True if some path matches both. Exact and symmetric; `cost` says how long it may take.
  [[nodiscard]] bool overlaps(const glob& other) const;

  /// True if `path` matches, read as by `normal_path`; what is no path matches nothing.
  /// At most the size of the pattern times that of `path`; the caller bounds the latter.
  [[nodiscard]] bool matches(std::string_view path) const;

  /// At most so many steps of about a nanosecond `overlaps(other)` takes. Symmetric; constant
  /// time but for the literal components at the front.
  [[nodiscard]] std::uint64_t cost(const glob& other) const noexcept;

  /// For each alternative the names that all its paths begin with, joined by `/`; empty where the
  /// first component has a wildcard. Alternatives that match no path are left out.
  [[nodiscard]] std::vector<std::string> literal_prefixes() const;

  /// True if some component has `**` beside other text, e.g. `**.go`, where it is a plain `*`.
  [[nodiscard]] bool has_glued_globstar() const noexcept;

private:
  explicit glob(std::shared_ptr<const glob_program> program) noexcept
    : program_(std::move(program)) {}

  std::shared_ptr<const glob_program> program_;
};

/// `path` without empty and `.` components and with every `..` resolved.
///
/// Fails with `invalid_pattern`, `number` being the byte offset, if it holds NUL or is not UTF-8,
/// climbs above the root, or nothing is left. Linear.
[[nodiscard]] base::result<std::string> normal_path(std::string_view path);

} // namespace intermute::domain
