#pragma once

#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/message_row.hpp"
#include "storage/sqlite/name_table.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::storage::sqlite {

/// Reads messages by what they are: by id, topic and thread.
class message_queries {
public:
  /// @param projects, names  Of the same connection; must outlive the object.
  [[nodiscard]] static base::result<message_queries> open(const connection& db,
                                                          name_table& projects, name_table& names);

  [[nodiscard]] base::result<placed_message> by_id(const std::string& project,
                                                   const std::string& id);
  [[nodiscard]] base::result<std::vector<placed_message>>
  of_topic(const std::string& project, const std::string& topic, cursor since, std::uint32_t limit);
  [[nodiscard]] base::result<std::vector<placed_message>> of_thread(const std::string& project,
                                                                    const std::string& thread,
                                                                    cursor since,
                                                                    std::uint32_t limit);

  /// Compares the checksums of at most `limit` messages above `since`.
  /// @returns The last cursor looked at; nothing when there are no more.
  [[nodiscard]] base::result<std::optional<cursor>> check(cursor since, std::uint32_t limit);

private:
  [[nodiscard]] base::result<stored_message> read_message(const run& row);
  /// The older messages of a thread that got late recipients above `since`, ascending.
  [[nodiscard]] base::result<std::vector<cursor>> revived(std::int64_t project,
                                                          const std::string& thread, cursor since);
  [[nodiscard]] base::result<void> read_revived(const std::vector<cursor>& all, std::uint32_t limit,
                                                std::vector<placed_message>& into);

  name_table* projects_ = nullptr;
  name_table* names_ = nullptr;
  statement by_id_;
  statement by_cursor_;
  statement of_topic_;
  statement of_thread_;
  statement revived_;
  statement check_;
};

/// Its SQL, for the test of the query plans.
[[nodiscard]] std::vector<std::string_view> message_queries_sql();

} // namespace intermute::storage::sqlite
