#include "storage/sqlite/message_row.hpp"

#include <zlib.h>

#include <array>

namespace intermute::storage::sqlite {

using base::errc;
using base::result;

namespace {

void append_number(std::string& to, std::uint64_t value) {
  while (value >= 0x80U) { // Ends: seven bits fewer in every round.
    to.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  to.push_back(static_cast<char>(value));
}

std::optional<std::uint64_t> take_number(std::string_view& from) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && !from.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0)
      return value;
  }
  return std::nullopt;
}

/// Feeds a checksum. Numbers go in as 8 bytes, lowest first, so that it fits any machine.
class checksum {
public:
  void add(std::uint64_t value) {
    std::array<unsigned char, 8> bytes{};
    for (auto& byte : bytes) {
      byte = static_cast<unsigned char>(value);
      value >>= 8U;
    }
    value_ = crc32_z(value_, bytes.data(), bytes.size());
  }
  void add(std::int64_t value) { add(static_cast<std::uint64_t>(value)); }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    if (!text.empty())
      value_ = crc32_z(value_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  [[nodiscard]] std::uint32_t value() const { return static_cast<std::uint32_t>(value_); }

private:
  uLong value_ = crc32_z(0, nullptr, 0);
};

} // namespace

std::string encode_recipients(const std::vector<stored_recipient>& all) {
  std::string bytes;
  bytes.reserve(all.size() * 4);
  for (const auto& one : all) {
    append_number(bytes, static_cast<std::uint64_t>(one.name));
    append_number(bytes, one.at * 4 + static_cast<std::uint64_t>(one.kind));
  }
  return bytes;
}

std::optional<std::vector<stored_recipient>> decode_recipients(std::string_view bytes) {
  std::vector<stored_recipient> all;
  while (!bytes.empty()) { // Ends: every round takes bytes or returns.
    const auto name = take_number(bytes);
    const auto rest = name ? take_number(bytes) : name;
    if (!rest || (*rest & 3U) > static_cast<std::uint64_t>(domain::recipient_kind::bcc))
      return std::nullopt;
    all.push_back({static_cast<std::int64_t>(*name),
                   static_cast<domain::recipient_kind>(*rest & 3U), *rest >> 2U});
  }
  return all;
}

message_row row_of(const domain::message& what) {
  message_row row;
  row.id = stored_id{what.id};
  row.created_at = base::to_nanoseconds(what.created_at);
  row.ack_required = what.ack_required;
  row.importance = what.importance;
  row.thread = what.thread_id;
  row.topic = what.topic;
  row.subject = what.subject;
  row.body = what.body;
  return row;
}

std::uint32_t checksum_of(const message_row& row) {
  checksum sum;
  sum.add(row.at);
  sum.add(row.project);
  if (const auto& uuid = row.id.uuid(); uuid)
    sum.add(std::string_view{reinterpret_cast<const char*>(uuid->data()), uuid->size()});
  else
    sum.add(row.id.text());
  sum.add(row.sender);
  sum.add(row.created_at);
  sum.add(static_cast<std::uint64_t>(row.ack_required ? 1 : 0));
  for (const auto text :
       {row.recipients, row.importance, row.thread, row.topic, row.subject, row.body})
    sum.add(text);
  return sum.value();
}

result<message_row> read_row(const run& from, int first) {
  message_row row;
  row.at = from.position(first);
  row.project = from.integer(first + 1);
  row.id = from.id(first + 2);
  row.sender = from.integer(first + 3);
  row.created_at = from.integer(first + 4);
  row.ack_required = from.integer(first + 5) != 0;
  const auto expected = from.integer(first + 6);
  row.recipients = from.bytes(first + 7);
  row.importance = from.text(first + 8);
  row.thread = from.text(first + 9);
  row.topic = from.text(first + 10);
  row.subject = from.text(first + 11);
  row.body = from.text(first + 12);
  if (checksum_of(row) != expected)
    return corrupt_message(row.at, "does not match its checksum");
  return row;
}

result<stored_message> message_of(const message_row& row, name_table& projects, name_table& names) {
  stored_message found;
  found.at = row.at;
  auto recipients = decode_recipients(row.recipients);
  if (!recipients)
    return corrupt_message(row.at, "has recipients that cannot be read");
  found.recipients = std::move(*recipients);
  auto& message = found.message;
  auto project = projects.name_of(row.project);
  auto sender = project ? names.name_of(row.sender) : project;
  if (!sender)
    return sender.why();
  message.project = std::move(*project);
  message.from = std::move(*sender);
  message.recipients.reserve(found.recipients.size());
  for (const auto& one : found.recipients) {
    auto name = names.name_of(one.name);
    if (!name)
      return name.why();
    message.recipients.push_back({std::move(*name), one.kind});
  }
  message.id = row.id.to_string();
  message.thread_id = row.thread;
  message.subject = row.subject;
  message.topic = row.topic;
  message.body = row.body;
  message.importance = row.importance;
  message.ack_required = row.ack_required;
  message.created_at = base::from_nanoseconds(row.created_at);
  return found;
}

base::error corrupt_message(domain::cursor at, std::string_view what) {
  return {errc::storage_corrupt,
          "The message at cursor " + std::to_string(at) + " " + std::string{what}
            + ". Stop the server and restore the last good backup.",
          {}};
}

} // namespace intermute::storage::sqlite
