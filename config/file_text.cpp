#include "config/file_text.hpp"

#include <cerrno>
#include <fstream>
#include <system_error>

namespace intermute::config {
namespace {

constexpr std::size_t file_bytes_max = 1'048'576;

std::string reason_text(int code) { return std::generic_category().message(code); }

} // namespace

file_text read_file(const std::filesystem::path& path) {
  std::error_code ignored; // A path that cannot be looked at fails to open, with its reason.
  if (std::filesystem::is_directory(path, ignored))
    return {{}, "cannot be read: it is a directory", false};
  errno = 0;
  std::ifstream in{path, std::ios::binary};
  if (!in) {
    const int reason = errno;
    return {{}, "cannot be read: " + reason_text(reason), reason == ENOENT};
  }
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad())
    return {{}, "cannot be read: " + reason_text(errno), false};
  if (text.size() > file_bytes_max)
    return {{}, "is larger than 1MiB", false};
  return {std::move(text), {}, false};
}

} // namespace intermute::config
