#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

/// The database file as the file system sees it, before SQLite opens it.
namespace intermute::storage::sqlite {

/// An exclusive lock on a file, held until destruction or the end of the process.
class lock_file {
public:
  /// @param path  Made with mode 0600 if it is not there; gets our pid; is never removed.
  /// @returns `storage_busy` naming the holder's pid when another process has it.
  [[nodiscard]] static base::result<lock_file> take(const std::filesystem::path& path);

  lock_file(lock_file&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  lock_file& operator=(lock_file&&) = delete;
  ~lock_file();

private:
  explicit lock_file(int descriptor) : descriptor_(descriptor) {}

  int descriptor_;
};

/// What the first bytes of a file say. To be read while no connection of this process has it
/// open: closing any descriptor of a file drops SQLite's locks on it.
struct file_facts {
  bool exists = false; ///< With at least one byte.
  std::uint32_t application_id = 0;
  std::uint32_t user_version = 0; ///< As of the last checkpoint.
};

/// @returns `storage_corrupt` if there is a file that is not an SQLite database.
[[nodiscard]] base::result<file_facts> look_at(const std::filesystem::path& path);

/// Makes missing directories up to and with `directory`, mode 0700.
[[nodiscard]] base::result<void> make_directories(const std::filesystem::path& directory);

/// Makes an empty file with mode 0600; it must not be there yet.
[[nodiscard]] base::result<void> make_file(const std::filesystem::path& path);

/// Gives the finished file `from` its real name, so that it survives a power cut.
[[nodiscard]] base::result<void> put_in_place(const std::filesystem::path& from,
                                              const std::filesystem::path& to);

/// `path` with `suffix` behind it: `mail.db` and `-wal` give `mail.db-wal`.
[[nodiscard]] std::filesystem::path with_suffix(const std::filesystem::path& path,
                                                const char* suffix);

} // namespace intermute::storage::sqlite
