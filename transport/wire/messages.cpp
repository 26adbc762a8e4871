#include "transport/wire/messages.hpp"

#include <algorithm>

namespace intermute::transport::wire {
namespace {

using domain::recipient_kind;

const std::string nobody = "\xFF"; // No UTF-8, so no agent's name.

bool shows(const recipients_view& some, const domain::recipient& one) noexcept {
  return one.kind == some.kind && (some.only == nullptr || one.agent == *some.only);
}

// What a rendered message ends with; the number differs from entry to entry.
constexpr std::string_view cursor_member = ",\"cursor\":";

/// The message as all but its sender and its blind-copied recipients see it, up to the cursor.
/// Made once for all who are shown the message.
const std::string& fragment_of(const domain::message& message) {
  return message.rendered.get([&] {
    std::string text;
    json::append_value(text, row_of(message, 0, &nobody));
    text.resize(text.rfind(cursor_member));
    return text;
  });
}

void append_fragment(std::string& to, const domain::message& message, domain::cursor at) {
  to += fragment_of(message);
  to += cursor_member;
  json::append_number(to, at);
  to.push_back('}');
}

void append_entry(std::string& to, const domain::inbox_entry& entry, const std::string& reader) {
  if (entry.kind == recipient_kind::bcc)
    return json::append_value(to, row_of(entry, reader)); // It shows the reader's own name.
  append_fragment(to, *entry.message, entry.at);
}

/// Of the blind copies of a message, those that `reader` sees: null for all, else one name.
const std::string* seen_blind(const domain::message& message, const std::string& reader) noexcept {
  if (reader.empty())
    return &nobody;
  return reader == message.from ? nullptr : &reader;
}

void append_placed(std::string& to, const domain::placed_message& placed,
                   const std::string& reader) {
  const auto row = row_of(placed, reader);
  if (is_set(row.bcc))
    return json::append_value(to, row);
  append_fragment(to, *placed.message, placed.at);
}

void append_delivery(std::string& to, std::vector<std::string> agents) {
  if (agents.size() == 1) {
    to += R"(,"delivery":"async")";
    return;
  }
  std::ranges::sort(agents);
  to += R"(,"delivery":{)";
  for (const auto& agent : agents) {
    if (&agent != &agents.front())
      to.push_back(',');
    json::append_string(to, agent);
    to += R"(:"async")";
  }
  to.push_back('}');
}

/// `,"name":[...]`, or nothing when the list is empty.
void append_list(std::string& to, std::string_view name, const std::vector<std::string>& agents) {
  if (agents.empty())
    return;
  to.push_back(',');
  json::append_string(to, name);
  to.push_back(':');
  json::append_value(to, agents);
}

} // namespace

bool is_set(const recipients_view& some) noexcept {
  return std::ranges::any_of(*some.all, [&](const auto& one) { return shows(some, one); });
}

void append_value(std::string& to, const recipients_view& some) {
  bool first = true;
  for (const auto& one : *some.all) {
    if (!shows(some, one))
      continue;
    to.push_back(first ? '[' : ',');
    first = false;
    json::append_string(to, one.agent);
  }
  to += first ? "null" : "]";
}

message_row row_of(const domain::message& message, domain::cursor at, const std::string* blind) {
  const auto* const all = &message.recipients;
  return {message.id,
          message.thread_id,
          message.project,
          message.from,
          {all, recipient_kind::to, nullptr},
          {all, recipient_kind::cc, nullptr},
          {all, recipient_kind::bcc, blind},
          message.subject,
          message.topic,
          message.body,
          message.importance,
          message.ack_required,
          message.created_at,
          at};
}

message_row row_of(const domain::inbox_entry& entry, const std::string& reader) {
  // A blind copy is seen by its own recipient alone; the name of nobody else ever matches.
  return row_of(*entry.message, entry.at, &reader);
}

message_row row_of(const domain::placed_message& placed, const std::string& reader) {
  return row_of(*placed.message, placed.at, seen_blind(*placed.message, reader));
}

void append_sent(std::string& to, const actors::sent& done) {
  to += R"({"message_id":)";
  json::append_string(to, done.message_id);
  to += R"(,"cursor":)";
  json::append_number(to, done.at);
  append_list(to, "denied", done.denied);
  if (!done.to.empty())
    append_delivery(to, done.to);
  append_list(to, "unknown_recipients", done.unknown_recipients);
  append_list(to, "retired_recipients", done.retired_recipients);
  to += "}\n";
}

void append_broadcast(std::string& to, const actors::broadcast_done& done) {
  to += R"({"message_id":)";
  json::append_string(to, done.message_id);
  to += R"(,"cursor":)";
  json::append_number(to, done.at);
  to += R"(,"delivered":)";
  json::append_number(to, done.delivered);
  append_list(to, "denied", done.denied);
  to += "}\n";
}

void append_denied(std::string& members, const std::vector<std::string>& denied) {
  append_list(members, "denied", denied);
}

void append_page(std::string& to, const actors::inbox_page& page, const std::string& reader,
                 domain::cursor since) {
  to += R"({"messages":[)";
  for (const auto& entry : page.entries) {
    if (&entry != &page.entries.front())
      to.push_back(',');
    append_entry(to, entry, reader);
  }
  to += R"(],"cursor":)";
  json::append_number(to, page.entries.empty() ? since : page.entries.back().at);
  to += "}\n";
}

void append_page(std::string& to, const actors::message_list& page, const std::string& reader,
                 domain::cursor since) {
  to += R"({"messages":[)";
  for (const auto& placed : page.messages) {
    if (&placed != &page.messages.front())
      to.push_back(',');
    append_placed(to, placed, reader);
  }
  to += R"(],"cursor":)";
  json::append_number(to, page.messages.empty() ? since : page.messages.back().at);
  to += "}\n";
}

} // namespace intermute::transport::wire
