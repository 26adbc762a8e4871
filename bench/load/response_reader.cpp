#include "bench/load/response_reader.hpp"

#include <rapidjson/document.h>

#include <charconv>

namespace intermute::bench {

namespace {

/// An inbox page of 1,000 messages of a megabyte is not a load test any more.
constexpr std::uint64_t body_bytes_max = 256 * 1024 * 1024;

std::string string_member(const rapidjson::Document& document, const char* name) {
  const auto member = document.FindMember(name);
  if (member == document.MemberEnd() || !member->value.IsString())
    return {};
  return {member->value.GetString(), member->value.GetStringLength()};
}

} // namespace

response_reader::response_reader(response& into) : into_{into} {
  into_.status = 0;
  into_.retry_after.clear();
  into_.body.clear();
  body_limit(body_bytes_max);
  eager(true);
}

void response_reader::on_response_impl(int code, text, int, error_code&) { into_.status = code; }

void response_reader::on_field_impl(boost::beast::http::field name, text, text value, error_code&) {
  if (name == boost::beast::http::field::retry_after)
    into_.retry_after.assign(value.data(), value.size());
}

std::size_t response_reader::on_body_impl(text body, error_code&) {
  into_.body.append(body.data(), body.size());
  return body.size();
}

std::size_t response_reader::on_chunk_body_impl(std::uint64_t, text body, error_code&) {
  into_.body.append(body.data(), body.size());
  return body.size();
}

std::uint64_t cursor_of(std::string_view body) noexcept {
  constexpr std::string_view member = "\"cursor\":";
  const auto at = body.find(member);
  if (at == std::string_view::npos)
    return 0;
  std::string_view rest = body.substr(at + member.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  std::uint64_t cursor = 0;
  std::from_chars(rest.data(), rest.data() + rest.size(), cursor);
  return cursor;
}

std::string_view text_member(std::string_view body, std::string_view name) noexcept {
  for (auto at = body.find(name); at != std::string_view::npos; at = body.find(name, at + 1)) {
    const auto end = at + name.size();
    if (at == 0 || body[at - 1] != '"' || body.substr(end, 3) != "\":\"")
      continue;
    const auto text = body.substr(end + 3);
    return text.substr(0, text.find('"'));
  }
  return {};
}

problem parse_problem(const std::string& body) {
  rapidjson::Document document;
  document.Parse(body.data(), body.size());
  if (document.HasParseError() || !document.IsObject())
    return {};
  return {string_member(document, "code"), string_member(document, "mailbox")};
}

} // namespace intermute::bench
