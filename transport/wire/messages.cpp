#include "transport/wire/messages.hpp"

#include <algorithm>

namespace intermute::transport::wire {
namespace {

using domain::recipient_kind;

bool shows(const recipients_view& some, const domain::recipient& one) noexcept {
  return one.kind == some.kind && (some.only == nullptr || one.agent == *some.only);
}

// What a rendered message ends with; the number differs from entry to entry.
constexpr std::string_view cursor_member = ",\"cursor\":";

/// The message as all but its blind-copied recipients see it, up to the cursor. Made once for all
/// inboxes that hold the message.
const std::string& fragment_of(const domain::inbox_entry& entry) {
  static const std::string nobody = "\xFF"; // No UTF-8, so no agent's name.
  return entry.message->rendered.get([&] {
    std::string text;
    json::append_value(text, row_of({0, entry.message, {}, {}, {}}, nobody));
    text.resize(text.rfind(cursor_member));
    return text;
  });
}

void append_entry(std::string& to, const domain::inbox_entry& entry, const std::string& reader) {
  if (entry.kind == recipient_kind::bcc)
    return json::append_value(to, row_of(entry, reader)); // It shows the reader's own name.
  to += fragment_of(entry);
  to += cursor_member;
  json::append_number(to, entry.at);
  to.push_back('}');
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

} // namespace

bool is_set(const recipients_view& some) noexcept {
  return std::ranges::any_of(*some.all, [&](const auto& one) { return shows(some, one); });
}

void append_value(std::string& to, const recipients_view& some) {
  bool first = true;
  to.push_back('[');
  for (const auto& one : *some.all) {
    if (!shows(some, one))
      continue;
    if (!first)
      to.push_back(',');
    first = false;
    json::append_string(to, one.agent);
  }
  to.push_back(']');
}

message_row row_of(const domain::inbox_entry& entry, const std::string& reader) {
  const auto& message = *entry.message;
  const auto* const all = &message.recipients;
  // A blind copy is seen by its own recipient alone; the name of nobody else ever matches.
  return {message.id,
          message.thread_id,
          message.project,
          message.from,
          {all, recipient_kind::to, nullptr},
          {all, recipient_kind::cc, nullptr},
          {all, recipient_kind::bcc, &reader},
          message.subject,
          message.topic,
          message.body,
          message.importance,
          message.ack_required,
          message.created_at,
          entry.at};
}

void append_sent(std::string& to, const actors::sent& done) {
  to += R"({"message_id":)";
  json::append_string(to, done.message_id);
  to += R"(,"cursor":)";
  json::append_number(to, done.at);
  if (!done.to.empty())
    append_delivery(to, done.to);
  if (!done.unknown_recipients.empty()) {
    to += R"(,"unknown_recipients":)";
    json::append_value(to, done.unknown_recipients);
  }
  to += "}\n";
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

} // namespace intermute::transport::wire
