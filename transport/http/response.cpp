#include "transport/http/response.hpp"

#include "transport/json/encode.hpp"

#include <algorithm>
#include <array>

namespace intermute::transport::http {
namespace {

struct reason {
  unsigned status;
  std::string_view text;
};

constexpr std::array<reason, 19> reasons{{
  {200, "OK"},
  {301, "Moved Permanently"},
  {400, "Bad Request"},
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

} // namespace

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
