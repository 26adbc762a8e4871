#pragma once

#include "base/result.hpp"
#include "domain/agent.hpp"
#include "storage/store.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// Who lets whom through (contract 5.2): the part that memory can tell, and the part for which the
/// store has to be asked.
namespace intermute::actors {

/// What the recipient's record alone says of a sender.
enum class contact_answer : std::uint8_t {
  allow,
  deny,
  ask, ///< It hangs on reservations or on the thread.
};

/// @param recipient  Null: nobody is registered under the name, and everybody may write to it.
[[nodiscard]] contact_answer answer_of(const domain::agent* recipient, std::string_view sender);

/// What the store is asked for.
struct contact_question {
  std::string project;
  std::string thread_id; ///< Empty: no thread opens a door.
  std::string sender;
  std::vector<std::string> automatic; ///< An overlap of reservations lets through, or the thread.
  std::vector<std::string> contacts;  ///< The thread alone lets through.
  base::wall_time now{};
};

/// Who lets the sender through, of those that were asked for, and who does not.
struct contact_verdicts {
  std::vector<std::string> allowed;
  std::vector<std::string> denied;
};

/// Answers a question from one reader. Cost: the project's reservations when anybody is
/// `automatic`, a look-up per name for the thread.
///
/// A thread opens the door when sender and recipient both are in it already: one message alone
/// must not be enough.
[[nodiscard]] base::result<contact_verdicts> judge_contacts(storage::reader& from,
                                                            const contact_question& asked);

} // namespace intermute::actors
