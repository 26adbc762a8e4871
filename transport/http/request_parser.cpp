#include "transport/http/request_parser.hpp"

#include "base/text.hpp"
#include "transport/http/target.hpp"

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

#include <algorithm>
#include <utility>

namespace intermute::transport::http {
namespace {

namespace beast = boost::beast;
using base::errc;

// A body is given this much room at once; a client that lies about its length gets no more.
constexpr std::uint64_t reserve_max = 65'536;

std::string_view view(beast::string_view text) noexcept { return {text.data(), text.size()}; }

/// Keeps the first line of a header; later ones do not count.
void note_first(std::string_view& to, bool& seen, beast::string_view value) noexcept {
  if (!std::exchange(seen, true))
    to = view(value);
}

/// As `note_first`, without the white space around the value.
void note_first_trimmed(std::string_view& to, bool& seen, beast::string_view value) noexcept {
  note_first(to, seen, value);
  to = base::trimmed(to);
}

/// True if a decoded path has a segment that leads elsewhere, or a NUL.
bool leads_astray(std::string_view path) noexcept {
  if (path.find('\0') != std::string_view::npos)
    return true;
  while (!path.empty()) { // Ends: each round takes a segment.
    const auto segment = path.substr(0, path.find('/'));
    if (segment == "." || segment == "..")
      return true;
    path.remove_prefix(std::min(path.size(), segment.size() + 1));
  }
  return false;
}

/// True if only a second decoding shows where the path leads: whoever decodes twice on the way
/// here has read another path than we do.
bool is_twice_encoded(std::string_view path) {
  if (path.find("%25") == std::string_view::npos)
    return false;
  const auto once = percent_decoded(path);
  if (!once || leads_astray(*once))
    return false; // Refused, or cleaned, for what can be seen.
  const auto twice = percent_decoded(*once);
  return twice && leads_astray(*twice);
}

verb verb_of(beast::http::verb method) noexcept {
  switch (method) {
  case beast::http::verb::get: return verb::get;
  case beast::http::verb::head: return verb::head;
  case beast::http::verb::post: return verb::post;
  case beast::http::verb::put: return verb::put;
  case beast::http::verb::patch: return verb::patch;
  case beast::http::verb::delete_: return verb::del;
  default: return verb::other;
  }
}

base::error error_of(const beast::error_code& ec) {
  using beast::http::error;
  if (ec == error::body_limit)
    return {errc::body_too_large, {}, {}};
  if (ec == error::header_limit)
    return {errc::headers_too_large, {}, {}};
  return {errc::bad_http, "The request is not valid HTTP/1.1: " + ec.message() + ".", {}};
}

} // namespace

request_parser::request_parser(request& into, std::uint64_t head_max, std::uint64_t body_max)
  : into_(into) {
  header_limit(static_cast<std::uint32_t>(head_max + 1));
  body_limit(body_max);
  eager(true);
  // What a request before this one left behind.
  auto head = std::move(into_.head_bytes);
  auto body = std::move(into_.body);
  auto agent = std::move(into_.who.agent);
  body.clear();
  agent.clear();
  into_ = {};
  into_.head_bytes = std::move(head);
  into_.body = std::move(body);
  into_.who.agent = std::move(agent);
}

base::result<void> request_parser::take_head() {
  error_code ec;
  eager(false);
  put(boost::asio::buffer(into_.head_bytes), ec);
  eager(true);
  if (ec && ec != beast::http::error::need_more)
    return error_of(ec);
  if (!is_header_done())
    return {errc::bad_http, "The request ends before its headers do."};
  if (lengths_ > 1 || (coded_ && (!chunked() || lengths_ > 0 || into_.http_1_0)))
    return {errc::bad_http, "The length of the body is said twice or in a way not supported."};
  if (hosts_ > 1 || (hosts_ == 0 && !into_.http_1_0))
    return {errc::bad_http, "A request needs one Host header."};
  into_.keep_alive = keep_alive();
  return {};
}

base::result<std::size_t> request_parser::take_body(std::string_view bytes) {
  error_code ec;
  in_trailer_ = true;
  const auto taken = put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  if (ec && ec != beast::http::error::need_more)
    return error_of(ec);
  return taken;
}

void request_parser::on_request_impl(beast::http::verb method, text, text target, int version,
                                     error_code& ec) {
  if (target.empty() || target.front() != '/') {
    ec = beast::http::error::bad_target; // Neither absolute-form nor `*`.
    return;
  }
  into_.method = verb_of(method);
  into_.http_1_0 = version < 11;
  into_.target = view(target);
  const auto parts = split_target(into_.target);
  into_.path = parts.path;
  into_.query = parts.query;
  if (is_twice_encoded(into_.path))
    ec = beast::http::error::bad_target;
}

void request_parser::on_field_impl(field name, text name_text, text value, error_code&) {
  if (in_trailer_)
    return; // What comes behind a chunked body decides nothing.
  switch (name) {
  case field::host:
    ++hosts_;
    into_.has_host = true;
    into_.host = view(value);
    break;
  case field::content_length: lengths_ += value.find(',') == text::npos ? 1 : 2; break;
  case field::transfer_encoding: coded_ = true; break;
  case field::origin:
    into_.has_origin = true;
    into_.origin = view(value);
    break;
  case field::sec_fetch_site: into_.fetch_site = view(value); break;
  case field::authorization: note_first(into_.authorization, into_.has_authorization, value); break;
  case field::expect: into_.expects_continue = beast::iequals(value, "100-continue"); break;
  case field::connection:
    into_.connection = view(value);
    into_.has_upgrade_token |= beast::http::token_list{value}.exists("upgrade");
    break;
  case field::upgrade:
    if (beast::http::token_list{value}.exists("websocket"))
      into_.upgrade = "websocket";
    break;
  case field::sec_websocket_key: into_.socket_key = view(value); break;
  case field::sec_websocket_version: into_.socket_version = view(value); break;
  case field::unknown: note_named_field(name_text, value); break;
  default: break;
  }
}

void request_parser::note_named_field(text name, text value) {
  if (beast::iequals(name, "X-Agent-ID"))
    note_first_trimmed(into_.agent_id, has_agent_id_, value);
  else if (beast::iequals(name, "X-Agent-Token"))
    note_first_trimmed(into_.agent_token, has_agent_token_, value);
  else if (beast::iequals(name, "X-Forwarded-For"))
    note_first(into_.forwarded_for, into_.has_forwarded_for, value);
  else if (beast::iequals(name, "Idempotency-Key"))
    note_first_trimmed(into_.idempotency_key, into_.has_idempotency_key, value);
  else if (beast::iequals(name, "X-Request-Id"))
    into_.request_id = view(value);
}

void request_parser::on_header_impl(error_code&) {}

void request_parser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
  if (!discards_)
    into_.body.reserve(static_cast<std::size_t>(std::min(length.value_or(0), reserve_max)));
}

std::size_t request_parser::on_body_impl(text bytes, error_code&) {
  if (!discards_)
    into_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, text bytes, error_code&) {
  if (!discards_)
    into_.body.append(bytes.data(), bytes.size());
  return bytes.size();
}

} // namespace intermute::transport::http
