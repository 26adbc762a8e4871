#include "cli/event_text.hpp"

#include "base/text.hpp"
#include "cli/printable.hpp"

#include <ctime>

namespace intermute::cli {
namespace {

constexpr std::size_t subject_max = 80; // Characters.
constexpr std::size_t id_max = 200;

/// The local time of day of an RFC 3339 time in UTC; as many blanks when it is none.
std::string clock_text(const std::string& at) {
  std::tm utc{};
  if (at.empty() || ::strptime(at.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr)
    return "--:--:--";
  const std::time_t seconds = ::timegm(&utc);
  std::tm here{};
  char text[sizeof "hh:mm:ss"];
  if (::localtime_r(&seconds, &here) == nullptr
      || std::strftime(text, sizeof text, "%H:%M:%S", &here) == 0)
    return "--:--:--";
  return text;
}

std::string quoted(const std::string& text) { return '"' + printable(text, subject_max) + '"'; }

std::string part(std::string_view name, const std::string& text) {
  return text.empty() ? "" : "  " + std::string{name} + printable(text, id_max);
}

/// What a message is about: its subject, else how its body begins.
std::string message_part(const json_object& message) {
  auto text = message.text("subject");
  if (text.empty())
    text = message.text("body");
  const auto from = part("from ", message.text("from"));
  return from.empty() ? "" : from + "  " + quoted(text);
}

/// What is known of the event's kind; the whole event for a kind that is not known.
std::string details(const std::string& type, const json_object& event, const std::string& raw,
                    const json_object& message) {
  if (type == "message.created")
    return message_part(message) + part("id ", event.text("message_id"));
  if (type == "message.read" || type == "message.ack")
    return part("id ", event.text("message_id"));
  if (type == "reservation.created" || type == "reservation.released"
      || type == "reservation.expired")
    return part("by ", event.text("agent_id")) + "  " + quoted(event.text("path_pattern"))
           + part("id ", event.text("reservation_id"));
  return "  " + printable(base::trimmed(raw));
}

} // namespace

std::string event_line(const json_object& event, const std::string& raw,
                       const json_object& message) {
  const auto type = event.text("type");
  const auto cursor = event.number("cursor");
  return clock_text(event.text("created_at")) + "  "
         + (type.empty() ? "(no type)" : printable(type, id_max))
         + details(type, event, raw, message)
         + (cursor ? "  cursor " + std::to_string(*cursor) : "");
}

} // namespace intermute::cli
