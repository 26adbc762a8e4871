#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace intermute::config::test {

/// A file with the given text in a directory of its own; both go with the object.
class temp_file {
public:
  explicit temp_file(std::string_view text) {
    auto pattern = (std::filesystem::temp_directory_path() / "intermute-config-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream{path(), std::ios::binary} << text;
  }
  ~temp_file() {
    std::error_code ignored; // Nothing to do about a file that stays.
    std::filesystem::remove_all(directory_, ignored);
  }
  temp_file(const temp_file&) = delete;
  temp_file& operator=(const temp_file&) = delete;

  [[nodiscard]] std::filesystem::path path() const { return directory_ / "intermute.yaml"; }
  [[nodiscard]] std::string name() const { return path().string(); }

private:
  std::filesystem::path directory_;
};

} // namespace intermute::config::test
