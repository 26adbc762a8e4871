#pragma once

#include "bench/load/options.hpp"
#include "bench/load/zipf.hpp"

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

/// Everything about a run that its connections share: names, and the texts of requests.
///
/// Built before the threads start and only read afterwards, so it needs no lock.
class request_plan {
public:
  /// @param mark  Eight characters that set this run's message ids apart from other runs'.
  request_plan(const options& run, std::string mark);

  [[nodiscard]] const options& run() const noexcept { return run_; }
  [[nodiscard]] const std::string& mark() const noexcept { return mark_; }

  [[nodiscard]] std::string project(std::size_t index) const;
  [[nodiscard]] std::size_t project_of(std::size_t connection) const noexcept;

  /// Returns the agent with whose name a connection sends.
  [[nodiscard]] const std::string& sender(std::size_t connection) const {
    return senders_[connection];
  }
  /// Returns the name of an inbox.
  [[nodiscard]] const std::string& recipient(std::size_t project, std::size_t index) const {
    return recipients_[project * run_.recipients + index];
  }
  /// Puts agents that the server has named in the place of a connection's sender and, with
  /// `as_recipient`, of the inbox `connection / projects` of its project.
  void name_agent(std::size_t connection, const std::string& id, bool as_recipient);

  /// Fixes the cursors behind which `poll` finds nothing; one per project and inbox.
  void set_newest(std::vector<std::uint64_t> cursors) { newest_ = std::move(cursors); }
  /// Returns that cursor; one beyond all that a server gives out when none was set.
  [[nodiscard]] std::uint64_t newest(std::size_t project, std::size_t inbox) const {
    return newest_.empty() ? std::uint64_t{1} << 52U : newest_[project * run_.recipients + inbox];
  }

  /// Returns the index of the `nth` recipient (below `fanout`) of a message: in turn, or by the
  /// skew of the run.
  [[nodiscard]] std::size_t recipient_of(const message_name& message,
                                         std::size_t nth) const noexcept;
  /// Returns the file that the `number`-th choice of a connection falls on, below `files`.
  [[nodiscard]] std::size_t file_of(const message_name& choice) const noexcept;
  /// How many files the agents of one project reserve among themselves.
  [[nodiscard]] std::size_t files() const noexcept { return files_; }
  [[nodiscard]] std::string file(std::size_t index) const;

  /// Returns the id of a message; all ids of a run have the same length. Ids that are made at about
  /// the same time lie close together, as those of a server (UUIDv7) do.
  [[nodiscard]] std::string message_id(const message_name& message) const;
  /// Returns its body: the id, cut or filled to the run's length.
  [[nodiscard]] std::string body(std::string_view id) const;
  /// Returns true and fills `message` when `id` is one that this run may have made.
  [[nodiscard]] bool parse_message_id(std::string_view id, message_name& message) const;

  [[nodiscard]] std::string get(const std::string& target) const;
  /// @param agent  Goes into `X-Agent-ID` when not empty.
  [[nodiscard]] std::string with_body(std::string_view method, const std::string& target,
                                      const std::string& body, const std::string& agent = {}) const;

  /// Returns a GET for messages after `since`, at most `limit` of them.
  [[nodiscard]] std::string inbox_request(std::size_t project, const std::string& recipient,
                                          std::uint64_t since, std::size_t limit) const;
  /// Returns a POST of one message to `to` (names of inboxes).
  [[nodiscard]] std::string send_request(std::size_t connection, std::string_view id,
                                         const std::vector<std::string>& to) const;
  /// Returns a POST that reserves a pattern alone.
  [[nodiscard]] std::string reserve_request(std::size_t project, const std::string& agent,
                                            const std::string& pattern) const;
  [[nodiscard]] std::string release_request(const std::string& agent,
                                            const std::string& reservation) const;
  [[nodiscard]] std::string check_request(std::size_t project, const std::string& pattern) const;
  [[nodiscard]] std::string register_request(std::size_t project, const std::string& name) const;

private:
  [[nodiscard]] std::string head(std::string_view method, const std::string& target) const;

  options run_;
  std::string mark_;
  zipf_table inboxes_;
  std::size_t files_;
  zipf_table choices_;
  std::vector<std::string> senders_;    ///< By connection.
  std::vector<std::string> recipients_; ///< By project and index.
  std::vector<std::uint64_t> newest_;   ///< Likewise; empty when not set.
};

} // namespace intermute::bench
