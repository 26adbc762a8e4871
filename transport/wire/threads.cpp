#include "transport/wire/threads.hpp"

#include <algorithm>

namespace intermute::transport::wire {
namespace {

using domain::recipient_kind;

/// False for a message that went to blind copies alone, unless `reader` sent or got it.
bool is_shown(const domain::message& message, const std::string& reader) noexcept {
  return std::ranges::any_of(message.recipients,
                             [&](const domain::recipient& one) {
                               return one.kind != recipient_kind::bcc
                                      || (!reader.empty() && one.agent == reader);
                             })
         || (!reader.empty() && message.from == reader);
}

} // namespace

thread_row row_of(const domain::thread_summary& thread) {
  return {thread.thread_id, thread.last_cursor, thread.message_count,
          thread.last_from, thread.last_body,   {thread.last_at}};
}

thread_message_row thread_row_of(const domain::placed_message& placed) {
  const auto& message = *placed.message;
  return {message.id,
          message.thread_id,
          message.project,
          message.from,
          {&message.recipients, recipient_kind::to, nullptr},
          message.body,
          message.created_at,
          placed.at};
}

stale_ack_row row_of(const domain::inbox_entry& entry, base::wall_time now) {
  const auto& message = *entry.message;
  const auto age = std::chrono::floor<std::chrono::seconds>(now - message.created_at).count();
  return {message.id,
          message.thread_id,
          message.project,
          message.from,
          {&message.recipients, recipient_kind::to, nullptr},
          message.subject,
          message.body,
          message.created_at,
          to_string(entry.kind),
          entry.read_at,
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, age))};
}

void append_threads(std::string& to, const actors::thread_list& list, domain::cursor below) {
  to += R"({"threads":[)";
  for (const auto& thread : list.threads) {
    if (&thread != &list.threads.front())
      to.push_back(',');
    json::append_value(to, row_of(thread));
  }
  to += R"(],"cursor":)";
  json::append_number(to, list.threads.empty() ? below : list.threads.back().last_cursor);
  to += "}\n";
}

void append_thread(std::string& to, const actors::read_thread& asked,
                   const actors::message_list& page) {
  to += R"({"thread_id":)";
  json::append_string(to, asked.thread_id);
  to += R"(,"messages":[)";
  auto highest = asked.since;
  bool first = true;
  for (const auto& placed : page.messages) {
    highest = std::max(highest, placed.at);
    if (!is_shown(*placed.message, asked.reader))
      continue;
    if (!first)
      to.push_back(',');
    first = false;
    json::append_value(to, thread_row_of(placed));
  }
  to += R"(],"cursor":)";
  json::append_number(to, highest);
  to += "}\n";
}

void append_stale_acks(std::string& to, const actors::list_stale_acks& asked,
                       const actors::stale_ack_list& list) {
  to += R"({"project":)";
  json::append_string(to, asked.project);
  to += R"(,"agent":)";
  json::append_string(to, asked.agent);
  to += R"(,"ttl_seconds":)";
  json::append_number(to, static_cast<std::uint64_t>(asked.ttl.count()));
  to += R"(,"count":)";
  json::append_number(to, list.entries.size());
  to += R"(,"messages":[)";
  for (const auto& entry : list.entries) {
    if (&entry != &list.entries.front())
      to.push_back(',');
    json::append_value(to, row_of(entry, list.now));
  }
  to += "]}\n";
}

} // namespace intermute::transport::wire
