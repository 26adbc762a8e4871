#pragma once

#include "config/command_line.hpp"

namespace intermute::cli {

/// Does `intermute serve`: runs a server until SIGINT or SIGTERM and prints where it listens.
/// To be called before any thread was started: it takes over the process's signals.
/// @returns The exit code: 0 after an orderly stop, 1 with the reason on standard error.
[[nodiscard]] int serve(const config::command_line& command, const config::environment& env);

} // namespace intermute::cli
