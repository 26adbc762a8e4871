#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Reading the request target: path, escapes, query.
namespace intermute::transport::http {

/// A request target in its two parts, as sent.
struct target_parts {
  std::string_view path;
  std::string_view query; ///< Without the question mark.
};
[[nodiscard]] target_parts split_target(std::string_view target) noexcept;

/// `text` with each `%XX` replaced by its byte; nothing when an escape is broken.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// True unless the path has an empty, `.` or `..` segment. Judged as sent, before decoding.
[[nodiscard]] bool is_clean(std::string_view path) noexcept;

/// The path without empty and dot segments; a trailing slash stays.
[[nodiscard]] std::string cleaned(std::string_view path);

/// The first value of `name`, with `+` and `%XX` decoded. A pair with `;` or a broken escape does
/// not count.
[[nodiscard]] std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// The first value of `name` without blanks around; empty when there is none.
[[nodiscard]] std::string trimmed_value(std::string_view query, std::string_view name);

/// The cursor in `name`; 0 when there is none or it is no number. At most 2^63 - 1, which no
/// cursor ever comes near.
[[nodiscard]] std::uint64_t cursor_value(std::string_view query, std::string_view name);

/// How many a page may have at most: the number in `limit`, at most `most`; `usual` when there is
/// none, or it is no number or below 1.
[[nodiscard]] std::uint32_t limit_value(std::string_view query, std::uint32_t usual,
                                        std::uint32_t most);

/// The seconds in `name`, at most 100 years; nothing when there are none, or it is no number or
/// below 0.
[[nodiscard]] std::optional<std::chrono::seconds> seconds_value(std::string_view query,
                                                                std::string_view name);

/// True if every value and name of the query is UTF-8 once decoded.
[[nodiscard]] bool is_utf8_query(std::string_view query);

} // namespace intermute::transport::http
