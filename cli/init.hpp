#pragma once

#include "config/command_line.hpp"
#include "config/database_path.hpp"

namespace intermute::cli {

/// Does `intermute init`: adds a new key to the keys file, which is made when there is none.
/// @returns The key and how to use it for stdout; or exit code 1 and the reason.
[[nodiscard]] config::command_result init(const config::init_command& command,
                                          const config::environment& env);

} // namespace intermute::cli
