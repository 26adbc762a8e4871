#pragma once

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace intermute::bench {

/// What is kept of one answer.
struct response {
  int status = 0;
  bool keep_alive = true;
  std::string retry_after; ///< The header as it came; empty when it is missing.
  std::string body;        ///< Without chunk framing.
};

/// Reads one HTTP answer into a `response` that is used again and again, so that a run does not
/// allocate per request. Beast parses (plain and chunked bodies); header fields other than
/// `Retry-After` are dropped.
///
/// Make a new reader for every answer.
class response_reader final : public boost::beast::http::basic_parser<false> {
public:
  explicit response_reader(response& into);

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;

  void on_request_impl(boost::beast::http::verb, text, text, int, error_code&) override {}
  void on_response_impl(int code, text reason, int version, error_code&) override;
  void on_field_impl(boost::beast::http::field name, text name_text, text value,
                     error_code&) override;
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(text body, error_code&) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text body, error_code&) override;
  void on_finish_impl(error_code&) override {}

  response& into_;
};

/// Returns the `cursor` of a send reply, 0 when there is none. Looks for the member instead of
/// parsing the body: it runs once per accepted message.
[[nodiscard]] std::uint64_t cursor_of(std::string_view body) noexcept;

/// Returns the text of the first member of that name as it is written (escapes stay), empty when
/// there is none. Looks for the member instead of parsing, as `cursor_of()` does.
[[nodiscard]] std::string_view text_member(std::string_view body, std::string_view name) noexcept;

/// The members of a refusal or error body that are counted.
struct problem {
  std::string code;    ///< Empty when the body is not JSON or has no such member.
  std::string mailbox; ///< Likewise.
};

[[nodiscard]] problem parse_problem(const std::string& body);

} // namespace intermute::bench
