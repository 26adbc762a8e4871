#pragma once

#include "domain/message.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/name_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// One recipient in the column `messages.recipients`.
struct stored_recipient {
  std::int64_t name = 0; ///< names.key
  domain::recipient_kind kind = domain::recipient_kind::to;
  domain::cursor at = 0; ///< Cursor of a late recipient's entry; 0 if it is the message's.
};

/// The column `messages.recipients`: for each, in order, the name's key and 4 x own cursor + kind,
/// as variable-length integers of 7 bits a byte, lowest first.
[[nodiscard]] std::string encode_recipients(const std::vector<stored_recipient>& all);

/// The reverse; nothing for bytes that `encode_recipients` cannot have made.
[[nodiscard]] std::optional<std::vector<stored_recipient>>
decode_recipients(std::string_view bytes);

/// The columns of a messages row. The texts are views of what they were taken from.
struct message_row {
  domain::cursor at = 0;
  std::int64_t project = 0;
  stored_id id{std::string_view{}};
  std::int64_t sender = 0;
  std::int64_t created_at = 0;
  bool ack_required = false;
  std::string_view recipients;
  std::string_view importance;
  std::string_view thread;
  std::string_view topic;
  std::string_view subject;
  std::string_view body;
};

/// The row that `what` makes, but for `at`, keys and recipients.
[[nodiscard]] message_row row_of(const domain::message& what);

/// CRC-32 over all columns, each text with its length before it.
[[nodiscard]] std::uint32_t checksum_of(const message_row& row);

/// Reads a row of which the columns of messages stand from `first` on, in the order of the table.
/// @returns `storage_corrupt` naming the cursor when the checksum does not match.
[[nodiscard]] base::result<message_row> read_row(const run& from, int first);

/// A message with what only its row knows.
struct stored_message {
  domain::cursor at = 0;
  std::vector<stored_recipient> recipients; ///< As those of `message`, in the same order.
  domain::message message;
};

/// Copies the message out of `row` and looks up its names.
[[nodiscard]] base::result<stored_message> message_of(const message_row& row, name_table& projects,
                                                      name_table& names);

/// The error for damage found at `cursor`.
[[nodiscard]] base::error corrupt_message(domain::cursor at, std::string_view what);

} // namespace intermute::storage::sqlite
