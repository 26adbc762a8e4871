#pragma once

#include "bench/options.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::bench {

/// Names a message that this program has made: the `number`-th of its connection, from 0.
struct message_name {
  std::size_t connection = 0;
  std::uint64_t number = 0;
};

/// Everything about a run that its connections share: names, and the requests that never change.
///
/// Built before the threads start and only read afterwards, so it needs no lock.
class request_plan {
public:
  /// @param mark  Eight characters that set this run's message ids apart from other runs'.
  request_plan(const options& run, std::string mark);

  [[nodiscard]] const options& run() const noexcept { return run_; }

  [[nodiscard]] std::string project(std::size_t index) const;
  [[nodiscard]] std::string recipient(std::size_t index) const;

  /// Returns the index of the `nth` recipient (below `fanout`) of a message.
  [[nodiscard]] std::size_t recipient_of(const message_name& message,
                                         std::size_t nth) const noexcept;
  [[nodiscard]] std::size_t project_of(std::size_t connection) const noexcept;

  /// Returns the id of a message; all ids of a run have the same length.
  [[nodiscard]] std::string message_id(const message_name& message) const;

  /// Returns true and fills `message` when `id` is one that this run may have made.
  [[nodiscard]] bool parse_message_id(std::string_view id, message_name& message) const;

  /// Returns a GET for messages after `since`, at most `limit` of them.
  [[nodiscard]] std::string inbox_request(std::size_t project, std::size_t recipient,
                                          std::uint64_t since, std::size_t limit) const;

  /// Returns a POST of one message to `to` (indexes of recipients).
  [[nodiscard]] std::string send_request(std::size_t connection, std::string_view id,
                                         const std::vector<std::size_t>& to) const;

  /// Fixes the cursors behind which `poll` finds nothing; one per project and recipient.
  void set_poll_cursors(const std::vector<std::uint64_t>& newest);

  [[nodiscard]] const std::string& health() const noexcept { return health_; }
  [[nodiscard]] const std::string& page(std::size_t project, std::size_t recipient) const;
  [[nodiscard]] const std::string& poll(std::size_t project, std::size_t recipient) const;

private:
  options run_;
  std::string mark_;
  std::string health_;
  std::vector<std::string> pages_;
  std::vector<std::string> polls_;
};

/// A request that is ready to be written.
struct ready_request {
  std::string_view bytes; ///< Valid until the next call of `request_maker::next()`.
  operation what = operation::health;
  std::uint64_t number = 0; ///< Of the message, when `what` is `send`.
};

/// Makes the requests of one connection without allocating: a send patches the digits of its
/// message id and recipients into one prepared text.
class request_maker {
public:
  request_maker(const request_plan& plan, std::size_t connection);

  [[nodiscard]] ready_request next();

private:
  ready_request next_send();
  operation choose();

  const request_plan& plan_;
  std::size_t connection_;
  std::size_t project_;
  std::string send_text_;
  std::size_t id_at_ = 0;                  ///< Where the number of the message id begins.
  std::vector<std::size_t> recipients_at_; ///< Where the recipients' numbers begin.
  std::uint64_t turn_ = 0;
  std::uint64_t sent_ = 0;
};

} // namespace intermute::bench
