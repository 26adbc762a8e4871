#pragma once

#include <filesystem>
#include <string>

namespace intermute::config {

/// The text of a file, or what is wrong with it.
struct file_text {
  std::string text;
  std::string wrong;    ///< "cannot be read: ..." or "is larger than 1MiB"; empty when it was read.
  bool missing = false; ///< There is no such file; `wrong` says so too.
};

/// Reads a whole file of at most 1 MiB. Takes pipes too, so that `--config <(...)` works in a
/// shell. Waits for the disk; never throws for what it finds.
[[nodiscard]] file_text read_file(const std::filesystem::path& path);

} // namespace intermute::config
