#pragma once

#include "base/error.hpp"
#include "transport/http/response.hpp"

#include <string_view>

namespace intermute::transport::http {

/// How the wire shows one error code; `api/errors.json` has the same rows.
struct problem_row {
  base::errc code;
  unsigned status;
  std::string_view title;
  std::string_view detail; ///< Said when the error itself says nothing.
};

/// The row of `code`. Constant time.
[[nodiscard]] const problem_row& problem_row_of(base::errc code) noexcept;

/// The status for `why`: its row's, but 503 when a mailbox of the whole server was full.
[[nodiscard]] unsigned status_of(const base::error& why) noexcept;

/// The request that a problem answers.
struct problem_context {
  std::string_view instance; ///< The path as sent.
  std::string_view request_id;
};

/// Makes `into` the problem (RFC 9457) of its failure: body and headers. Headers that are
/// already there stay.
void render_problem(response& into, const problem_context& of);

} // namespace intermute::transport::http
