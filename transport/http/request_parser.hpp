#pragma once

#include "base/result.hpp"
#include "transport/http/request.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <optional>
#include <string_view>

namespace intermute::transport::http {

/// Beast's parser of one request, keeping what we need without an allocation per header line.
/// A body with both a length and a coding, or with two lengths, is refused, and so is a path that
/// leads elsewhere once it is decoded twice. Of headers that name somebody the first line counts.
class request_parser final : public boost::beast::http::basic_parser<true> {
public:
  /// @param into      Gets the request; outlives the parser.
  /// @param body_max  Bytes of a body, declared or chunked.
  request_parser(request& into, std::uint64_t head_max, std::uint64_t body_max);

  /// Reads the whole head from `into.head_bytes`.
  /// Fails with `bad_http`, or with `body_too_large` if that much was declared.
  [[nodiscard]] base::result<void> take_head();

  /// Reads body bytes. @returns How many were taken; ask `is_done()` afterwards.
  /// Fails with `bad_http`, `body_too_large`.
  [[nodiscard]] base::result<std::size_t> take_body(std::string_view bytes);

  /// The request is refused already: what comes of its body is counted, not kept.
  void discard_body() noexcept { discards_ = true; }

private:
  using error_code = boost::beast::error_code;
  using text = boost::beast::string_view;
  using field = boost::beast::http::field;

  void on_request_impl(boost::beast::http::verb method, text method_name, text target, int version,
                       error_code& ec) override;
  void on_response_impl(int, text, int, error_code&) override {}
  void on_field_impl(field name, text name_text, text value, error_code& ec) override;
  void on_header_impl(error_code& ec) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override;
  std::size_t on_body_impl(text bytes, error_code& ec) override;
  void on_chunk_header_impl(std::uint64_t, text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code& ec) override;
  void on_finish_impl(error_code&) override {}

  void note_named_field(text name, text value);

  request& into_;
  unsigned hosts_ = 0;
  unsigned lengths_ = 0;
  bool coded_ = false;
  bool in_trailer_ = false;
  bool has_agent_id_ = false;
  bool has_agent_token_ = false;
  bool discards_ = false;
};

} // namespace intermute::transport::http
