#include "transport/http/response.hpp"

#include "transport/json/encode.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace intermute::transport::http {
namespace {

struct reason {
  unsigned status;
  std::string_view text;
};

constexpr std::array<reason, 21> reasons{{
  {200, "OK"},
  {201, "Created"},
  {301, "Moved Permanently"},
  {400, "Bad Request"},
  {401, "Unauthorized"},
  {403, "Forbidden"},
  {404, "Not Found"},
  {405, "Method Not Allowed"},
  {408, "Request Timeout"},
  {409, "Conflict"},
  {413, "Content Too Large"},
  {421, "Misdirected Request"},
  {422, "Unprocessable Content"},
  {426, "Upgrade Required"},
  {429, "Too Many Requests"},
  {431, "Request Header Fields Too Large"},
  {500, "Internal Server Error"},
  {503, "Service Unavailable"},
  {504, "Gateway Timeout"},
  {507, "Insufficient Storage"},
  {100, "Continue"},
}};

constexpr std::string_view ok_json = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: ";

void append_status_line(std::string& to, const response& what) {
  if (what.status == 200 && what.content_type.data() == json_type.data()) {
    to += ok_json;
    return;
  }
  to += "HTTP/1.1 ";
  json::append_number(to, what.status);
  to.push_back(' ');
  to += reason_of(what.status);
  if (!what.content_type.empty()) {
    to += "\r\nContent-Type: ";
    to += what.content_type;
  }
  to += "\r\nDate: ";
}

/// Takes the line that `rest` begins with.
std::string_view take_line(std::string_view& rest) noexcept {
  const auto end = std::min(rest.find('\n'), rest.size());
  const auto line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

/// The number that a line is; nothing if it is none.
std::optional<std::size_t> number_of(std::string_view line) noexcept {
  std::size_t value = 0;
  const auto* const end = line.data() + line.size();
  const auto [stop, ec] = std::from_chars(line.data(), end, value);
  return ec == std::errc{} && stop == end ? std::optional{value} : std::nullopt;
}

} // namespace

std::string kept_form(const response& of) {
  if (of.failure || of.status < 200 || of.status > 299)
    return {};
  std::string text;
  json::append_number(text, of.status);
  text.append("\n").append(of.content_type).append("\n");
  json::append_number(text, of.headers.size());
  return text.append("\n").append(of.headers).append(of.body);
}

void restore(response& into, std::string_view kept) {
  const auto status = number_of(take_line(kept));
  const auto type = take_line(kept);
  const auto header_bytes = number_of(take_line(kept));
  const bool is_kept = status && *status >= 200 && *status <= 299 && header_bytes
                       && *header_bytes <= kept.size() && (type.empty() || type == json_type);
  if (!is_kept)
    return into.fail({base::errc::internal, "The reply that was kept cannot be read.", {}});
  into.status = static_cast<unsigned>(*status);
  into.content_type = type.empty() ? std::string_view{} : json_type; // The text does not stay.
  into.headers = kept.substr(0, *header_bytes);
  into.body = kept.substr(*header_bytes);
  if (into.headers.find(replay_header) == std::string::npos)
    into.add_header(replay_header, "true");
}

std::string_view reason_of(unsigned status) noexcept {
  const auto* const found = std::ranges::find(reasons, status, &reason::status);
  return found == reasons.end() ? "Unknown" : found->text;
}

void append_response(std::string& to, const response& what, const head_facts& facts) {
  append_status_line(to, what);
  to += facts.date;
  to += "\r\nContent-Length: ";
  json::append_number(to, what.body.size());
  to += "\r\n";
  to += what.headers;
  if (facts.close)
    to += "Connection: close\r\n";
  else if (facts.keep_alive_1_0)
    to += "Connection: keep-alive\r\n";
  to += "\r\n";
  if (!facts.without_body)
    to += what.body;
}

} // namespace intermute::transport::http
