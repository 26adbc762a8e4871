#include "config/database_path.hpp"

namespace intermute::config {

std::optional<std::filesystem::path> default_database_path(const environment& env) {
  const auto directory = [&](std::string_view name) -> std::filesystem::path {
    const auto found = env.find(name);
    return found == env.end() ? std::filesystem::path{} : std::filesystem::path{found->second};
  };
  const auto tail = std::filesystem::path{"intermute"} / "intermute.db";
  // The XDG rules tell programs to ignore relative directories.
  if (const auto data = directory("XDG_DATA_HOME"); data.is_absolute())
    return data / tail;
  if (const auto home = directory("HOME"); home.is_absolute())
    return home / ".local" / "share" / tail;
  return std::nullopt;
}

} // namespace intermute::config
