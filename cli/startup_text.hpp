#pragma once

#include "config/keys_file.hpp"
#include "config/settings.hpp"
#include "observe/log.hpp"

#include <cstdint>
#include <string>

namespace intermute::cli {

/// What a person is told on standard output once the server is ready: where it listens, who is let
/// in, where the data is, and what to do next. A key appears only if it was just made.
/// @param port  The port it listens on.
[[nodiscard]] std::string startup_text(const config::settings& settings,
                                       const config::keys_file& keys, std::uint16_t port);

/// The same for the log, one event per subject: version, listeners, authentication, storage with
/// its schema, limits.
void log_startup(spdlog::logger& to, const config::settings& settings,
                 const config::keys_file& keys, std::uint16_t port);

} // namespace intermute::cli
