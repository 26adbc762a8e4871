#pragma once

#include "domain/message.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace intermute::domain {

/// A thread as one agent sees it: of the messages that it sent or received, how many and the last.
struct thread_summary {
  std::string thread_id;
  cursor last_cursor = 0;
  std::uint64_t message_count = 0;
  std::string last_from;
  std::string last_body; ///< The beginning; see `preview_of`.
  base::wall_time last_at{};
};

/// A message with the cursor that stands for it outside an inbox.
struct placed_message {
  cursor at = 0; ///< In a thread the highest of its entries, in a topic that of its first storing.
  message_ptr message;
};

inline constexpr std::size_t preview_bytes = 200;

/// At most the first 200 bytes of `body`, never cutting a character.
[[nodiscard]] std::string_view preview_of(std::string_view body) noexcept;

} // namespace intermute::domain
