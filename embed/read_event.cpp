#include "embed/read_event.hpp"

#include <rapidjson/document.h>

#include <charconv>

namespace intermute::embed {
namespace {

std::string text_of(const rapidjson::Document& from, const char* name) {
  const auto found = from.FindMember(name);
  if (found == from.MemberEnd() || !found->value.IsString())
    return {};
  return {found->value.GetString(), found->value.GetStringLength()};
}

/// The number in `text[at, at + length)`, all digits.
int number_at(std::string_view text, std::size_t at, std::size_t length) {
  int value = 0;
  const auto digits = text.substr(at, length);
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

/// The nanoseconds of ".05228893Z"; 0 of "Z".
std::chrono::nanoseconds fraction_of(std::string_view text) {
  std::int64_t value = 0;
  std::int64_t unit = 100'000'000;
  for (std::size_t i = 1; i < text.size() && text[i] != 'Z'; ++i, unit /= 10)
    value += unit * (text[i] - '0');
  return std::chrono::nanoseconds{value};
}

/// The instant that `2026-11-22T13:40:49.05228893Z` names.
time_point time_of(std::string_view text) {
  namespace time = std::chrono;
  constexpr std::size_t seconds_end = 19;
  if (text.size() <= seconds_end)
    return {};
  const time::year_month_day day{time::year{number_at(text, 0, 4)},
                                 time::month{static_cast<unsigned>(number_at(text, 5, 2))},
                                 time::day{static_cast<unsigned>(number_at(text, 8, 2))}};
  return time_point{time::sys_days{day}} + time::hours{number_at(text, 11, 2)}
         + time::minutes{number_at(text, 14, 2)} + time::seconds{number_at(text, 17, 2)}
         + fraction_of(text.substr(seconds_end));
}

} // namespace

event read_event(std::string_view text) {
  rapidjson::Document from;
  from.Parse(text.data(), text.size());
  event made;
  if (!from.IsObject())
    return made;
  if (const auto at = from.FindMember("cursor"); at != from.MemberEnd() && at->value.IsUint64())
    made.at = at->value.GetUint64();
  made.type = text_of(from, "type");
  made.project = text_of(from, "project");
  made.created_at = time_of(text_of(from, "created_at"));
  made.message_id = text_of(from, "message_id");
  made.reservation_id = text_of(from, "reservation_id");
  made.agent_id = text_of(from, from.HasMember("agent_id") ? "agent_id" : "agent");
  made.path_pattern = text_of(from, "path_pattern");
  return made;
}

} // namespace intermute::embed
