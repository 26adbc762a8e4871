#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace intermute::config {

/// Environment variables by name; handed in, never read from the process.
using environment = std::map<std::string, std::string, std::less<>>;

/// Where the database lies when `storage.path` is empty:
/// $XDG_DATA_HOME/intermute/intermute.db, or ~/.local/share/intermute/intermute.db.
/// Relative directories do not count. Empty when neither variable helps.
[[nodiscard]] std::optional<std::filesystem::path> default_database_path(const environment& env);

} // namespace intermute::config
