#pragma once

#include "base/error.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace intermute::transport::http {

inline constexpr std::string_view json_type = "application/json";
inline constexpr std::string_view problem_type = "application/problem+json";
inline constexpr std::string_view metrics_type = "text/plain; version=0.0.4";

/// An answer being made; reused, so that its texts keep their memory.
struct response {
  unsigned status = 200;
  std::string_view content_type = json_type; ///< Empty: none.
  std::string headers;                       ///< Further header lines, each with its CRLF.
  std::string body;
  std::string members; ///< With `failure`: further members of the problem, each `,"name":value`.
  std::optional<base::error> failure; ///< Set: all of the above is made from it.
  bool close = false;                 ///< The connection ends with this answer.

  void fail(base::error why) { failure.emplace(std::move(why)); }

  void add_header(std::string_view name, std::string_view value) {
    headers.append(name).append(": ").append(value).append("\r\n");
  }

  /// As new.
  void reset() {
    status = 200;
    content_type = json_type;
    headers.clear();
    body.clear();
    members.clear();
    failure.reset();
    close = false;
  }
};

/// The header line that marks a reply to a repeated request.
inline constexpr std::string_view replay_header = "Idempotent-Replay";

/// The form in which an answer is kept for repeats of its request (decision 6); empty unless it is
/// a success: others are not kept.
[[nodiscard]] std::string kept_form(const response& of);

/// Makes `into` the answer that was kept, marked by `replay_header`. A text that `kept_form` never
/// made becomes the failure `internal`.
void restore(response& into, std::string_view kept);

/// The words behind a status code in the status line.
[[nodiscard]] std::string_view reason_of(unsigned status) noexcept;

/// What the head of an answer says beside the answer itself.
struct head_facts {
  std::string_view date; ///< `Date`'s value.
  bool close = false;
  bool keep_alive_1_0 = false; ///< An HTTP/1.0 client asked to keep the connection.
  bool without_body = false;   ///< HEAD: the length is told, the body is not sent.
};

/// Appends head and body as they go over the wire.
void append_response(std::string& to, const response& what, const head_facts& facts);

} // namespace intermute::transport::http
