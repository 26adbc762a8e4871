#include "transport/ws/render_event.hpp"

#include "transport/json/encode.hpp"

namespace intermute::transport::ws {

std::string render_event(const domain::event& what, const std::string& reader, bool extended) {
  const bool created = what.kind == domain::event_kind::message_created;
  std::string text;
  text.reserve(160 + reader.size() + what.message_id.size() + what.project.size());
  const auto begin = [&](std::string_view name) {
    text.push_back(text.empty() ? '{' : ',');
    json::append_string(text, name);
    text.push_back(':');
  };
  if (created) {
    begin("agent");
    json::append_string(text, reader);
  }
  if (extended) {
    begin("created_at");
    json::append_time(text, what.created_at);
  }
  if (created || extended) {
    begin("cursor");
    json::append_number(text, what.at);
  }
  begin("message_id");
  json::append_string(text, what.message_id);
  begin("project");
  json::append_string(text, what.project);
  begin("type");
  json::append_string(text, domain::to_string(what.kind));
  text += "}\n";
  return text;
}

} // namespace intermute::transport::ws
