#pragma once

#include "config/command_line.hpp"
#include "config/database_path.hpp"

namespace intermute::cli {

/// Does `intermute dev seed`: loads a world into a running server, or names the worlds. What is
/// there already is not made again: agents by project and name, messages by id, reservations by
/// agent, pattern and kind, broadcasts by sender and text.
/// @returns What there is now for stdout; or exit code 1 and the reason. What was made before a
///          failure stays; the same call goes on from there.
[[nodiscard]] config::command_result seed(const config::seed_command& command,
                                          const config::environment& env);

} // namespace intermute::cli
