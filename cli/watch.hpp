#pragma once

#include "config/command_line.hpp"
#include "config/database_path.hpp"

namespace intermute::cli {

/// Does `intermute watch`: prints the events of an agent until SIGINT or SIGTERM, or as many as
/// were asked for. A lost connection is opened again behind the last event that was printed.
/// @returns The exit code: 0, or 1 with the reason on standard error.
[[nodiscard]] int watch(const config::watch_command& command, const config::environment& env);

} // namespace intermute::cli
