#include "storage/sqlite/data_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>

namespace intermute::storage::sqlite {

using base::errc;
using base::error;
using base::result;
namespace fs = std::filesystem;

namespace {

/// A descriptor that is closed at the end of its scope.
class descriptor {
public:
  explicit descriptor(int number) : number_(number) {}
  ~descriptor() {
    if (number_ >= 0)
      ::close(number_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }
  [[nodiscard]] int release() noexcept { return std::exchange(number_, -1); }

private:
  int number_;
};

error system_failure(const std::string& what, const fs::path& path, int number) {
  const bool full = number == ENOSPC || number == EDQUOT;
  return {full ? errc::storage_full : errc::storage_failed,
          what + " '" + path.string() + "' failed: " + std::generic_category().message(number)
            + ".",
          {}};
}

std::string holder_of(int lock) {
  std::array<char, 24> text{};
  const auto size = ::pread(lock, text.data(), text.size() - 1, 0);
  const std::string_view pid{text.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  const auto digits = pid.substr(0, pid.find_first_not_of("0123456789"));
  return digits.empty() ? "of unknown pid" : "with pid " + std::string{digits};
}

result<void> write_pid(int lock, const fs::path& path) {
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock, 0) != 0
      || ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return system_failure("Writing", path, errno);
  return {};
}

result<void> sync(const fs::path& path, int flags) {
  const descriptor opened{::open(path.c_str(), flags | O_CLOEXEC)};
  if (opened.get() < 0)
    return system_failure("Opening", path, errno);
  if (::fsync(opened.get()) != 0)
    return system_failure("Syncing", path, errno);
  return {};
}

constexpr std::size_t header_size = 100; // https://www.sqlite.org/fileformat.html, 1.3
constexpr std::string_view header_magic{"SQLite format 3\0", 16};

std::uint32_t big_endian(const unsigned char* bytes) noexcept {
  return static_cast<std::uint32_t>(bytes[0]) << 24U | static_cast<std::uint32_t>(bytes[1]) << 16U
         | static_cast<std::uint32_t>(bytes[2]) << 8U | static_cast<std::uint32_t>(bytes[3]);
}

} // namespace

result<lock_file> lock_file::take(const fs::path& path) {
  descriptor opened{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (opened.get() < 0)
    return system_failure("Opening", path, errno);
  if (::flock(opened.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK)
      return system_failure("Locking", path, errno);
    return {errc::storage_busy, "The database is in use by a process " + holder_of(opened.get())
                                  + " (it holds '" + path.string()
                                  + "'). Stop that process, or use another database."};
  }
  if (auto written = write_pid(opened.get(), path); !written)
    return written.why();
  return lock_file{opened.release()};
}

lock_file::~lock_file() {
  if (descriptor_ >= 0)
    ::close(descriptor_);
}

result<file_facts> look_at(const fs::path& path) {
  const descriptor opened{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (opened.get() < 0) {
    if (errno == ENOENT)
      return file_facts{};
    return system_failure("Opening", path, errno);
  }
  struct stat facts {};
  if (::fstat(opened.get(), &facts) != 0)
    return system_failure("Reading", path, errno);
  if (!S_ISREG(facts.st_mode))
    return {errc::storage_failed, "'" + path.string() + "' is not a regular file."};
  if (facts.st_size == 0)
    return file_facts{};
  std::array<unsigned char, header_size> header{};
  const auto size = ::pread(opened.get(), header.data(), header.size(), 0);
  if (size < 0)
    return system_failure("Reading", path, errno);
  if (static_cast<std::size_t>(size) < header.size()
      || std::memcmp(header.data(), header_magic.data(), header_magic.size()) != 0)
    return {errc::storage_corrupt,
            "'" + path.string()
              + "' is not a database. Restore the last good backup, or give another path."};
  return file_facts{true, big_endian(header.data() + 68), big_endian(header.data() + 60)};
}

result<void> make_directories(const fs::path& directory) {
  if (directory.empty() || directory == directory.root_path())
    return {};
  std::error_code problem;
  if (fs::is_directory(directory, problem))
    return {};
  if (auto made = make_directories(directory.parent_path()); !made)
    return made;
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
    return system_failure("Making the directory", directory, errno);
  return {};
}

result<void> make_file(const fs::path& path) {
  const descriptor opened{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (opened.get() < 0)
    return system_failure("Making", path, errno);
  return {};
}

result<void> put_in_place(const fs::path& from, const fs::path& to) {
  if (auto synced = sync(from, O_RDONLY); !synced)
    return synced;
  if (::rename(from.c_str(), to.c_str()) != 0)
    return system_failure("Renaming", from, errno);
  return sync(to.parent_path(), O_RDONLY | O_DIRECTORY);
}

fs::path with_suffix(const fs::path& path, const char* suffix) {
  auto result = path;
  result += suffix;
  return result;
}

} // namespace intermute::storage::sqlite
