#include "transport/ws/render_event.hpp"

#include "transport/json/encode.hpp"

namespace intermute::transport::ws {
namespace {

/// Writes the members of an object one by one.
class member_writer {
public:
  explicit member_writer(std::string& to) : to_(to) {}

  void add(std::string_view name, std::string_view value) {
    begin(name);
    json::append_string(to_, value);
  }
  void add(std::string_view name, base::wall_time value) {
    begin(name);
    json::append_time(to_, value);
  }
  void add(std::string_view name, domain::cursor value) {
    begin(name);
    json::append_number(to_, value);
  }

private:
  void begin(std::string_view name) {
    to_.push_back(to_.empty() ? '{' : ',');
    json::append_string(to_, name);
    to_.push_back(':');
  }

  std::string& to_;
};

void append_message_members(member_writer& to, const domain::event& what, const std::string& reader,
                            bool extended) {
  const bool created = what.kind == domain::event_kind::message_created;
  if (created)
    to.add("agent", reader);
  if (extended)
    to.add("created_at", what.created_at);
  if (created || extended)
    to.add("cursor", what.at);
  to.add("message_id", what.message_id);
  to.add("project", what.project);
}

void append_reservation_members(member_writer& to, const domain::event& what, bool extended) {
  to.add("agent_id", what.agent);
  if (extended) {
    to.add("created_at", what.created_at);
    to.add("cursor", what.at);
  }
  to.add("path_pattern", what.path_pattern);
  to.add("project", what.project);
  to.add("reservation_id", what.reservation_id);
}

} // namespace

std::string render_event(const domain::event& what, const std::string& reader, bool extended) {
  std::string text;
  text.reserve(200 + reader.size() + what.message_id.size() + what.path_pattern.size()
               + what.project.size());
  member_writer to{text};
  if (is_of_reservation(what.kind))
    append_reservation_members(to, what, extended);
  else
    append_message_members(to, what, reader, extended);
  to.add("type", domain::to_string(what.kind));
  text += "}\n";
  return text;
}

} // namespace intermute::transport::ws
