#include "config/keys_file.hpp"

#include "base/text.hpp"
#include "config/file_text.hpp"
#include "config/keys_yaml.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

namespace intermute::config {
namespace {

namespace fs = std::filesystem;

constexpr mode_t owner_only = 0600;

base::error failed(const fs::path& path, const std::string& what) {
  return {base::errc::invalid_request, "Keys file " + path.string() + ": " + what + '.',
          "auth.keys_file"};
}

base::error failed_call(const fs::path& path, const std::string& what) {
  return failed(path, what + ": " + std::generic_category().message(errno));
}

/// A file descriptor that is closed with the object.
class descriptor {
public:
  explicit descriptor(int fd) : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }

private:
  int fd_;
};

fs::path directory_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path{"."};
}

int open_directory_of(const fs::path& path) {
  return ::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/// 32 random bytes in URL-safe base64 without padding.
std::string make_key(base::entropy& random) {
  constexpr std::string_view digits
    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  constexpr std::size_t length = 43;
  std::array<std::uint8_t, 33> bytes{}; // The last one stays 0: it fills the last digit up.
  random.fill(bytes.data(), 32);
  std::string key;
  for (std::size_t bit = 0; key.size() < length; bit += 6) {
    const auto two = static_cast<unsigned>(bytes[bit / 8] << 8U | bytes[bit / 8 + 1]);
    key.push_back(digits[(two >> (10U - bit % 8)) & 0x3FU]);
  }
  return key;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) { // Ends: every round writes at least a byte or fails.
    const auto done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno != EINTR)
      return false;
    text.remove_prefix(done > 0 ? static_cast<std::size_t>(done) : 0);
  }
  return true;
}

/// Gives a whole file its name. Where one has the name already, `replace` says what happens:
/// it is replaced, or the call fails with EEXIST.
bool publish(const fs::path& from, const fs::path& to, bool replace) {
  if (replace)
    return ::rename(from.c_str(), to.c_str()) == 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  // Not every file system knows the flag; a link never replaces either.
  if (errno != EINVAL || ::link(from.c_str(), to.c_str()) != 0)
    return false;
  ::unlink(from.c_str());
  return true;
}

/// The old file's owner keeps the new one, where we may give it to him.
void keep_owner(int fd, const fs::path& old) {
  struct stat was {};
  if (::stat(old.c_str(), &was) == 0 && ::fchown(fd, was.st_uid, was.st_gid) != 0)
    return; // Then it is ours, as every new file.
}

/// Writes a whole file under a name of its own, then publishes it. A crash leaves the old file or
/// the new one. @returns 0, or an errno: EEXIST when a file is there that must not be replaced.
int write_file(const fs::path& path, std::string_view text, bool replace, base::entropy& random) {
  auto temp = path;
  temp += '.' + std::to_string(random.number()) + ".tmp";
  const descriptor file{
    ::open(temp.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_only)};
  if (!file)
    return errno;
  if (replace)
    keep_owner(file.get(), path);
  if (::fchmod(file.get(), owner_only) != 0 || !write_all(file.get(), text)
      || ::fsync(file.get()) != 0 || !publish(temp, path, replace)) {
    const int why = errno;
    ::unlink(temp.c_str());
    return why;
  }
  if (const descriptor directory{open_directory_of(path)}; directory)
    ::fsync(directory.get()); // Some file systems cannot; the name is then safe a little later.
  return 0;
}

/// @param shown  What to call the file in an error.
base::result<keys_document> parse_file(const fs::path& path, const fs::path& shown) {
  const auto file = read_file(path);
  if (!file.wrong.empty())
    return failed(
      shown, file.wrong + (file.missing ? "; make it with `intermute init --project NAME`" : ""));
  return parse_keys(file.text, shown.string());
}

/// Makes a file with one new key for the project `dev`. @returns The key, or nothing when there is
/// a file by now.
base::result<std::optional<std::string>> make_file(const fs::path& path, base::entropy& random) {
  keys_document first;
  first.allow_localhost = true;
  const auto key = make_key(random);
  first.projects["dev"] = {key};
  const int why = write_file(path, render_keys(first), false, random);
  if (why == EEXIST)
    return std::optional<std::string>{};
  if (why != 0)
    return failed(path, "cannot be made: " + std::generic_category().message(why)
                          + "; name a place that can be written with INTERMUTE_KEYS_FILE");
  return std::optional{key};
}

} // namespace

fs::path keys_file_path(const auth_config& with) {
  return with.keys_file.empty() ? fs::path{"./intermute.keys.yaml"} : fs::path{with.keys_file};
}

base::result<keyring> read_keys(const fs::path& path) {
  auto read = parse_file(path, path);
  if (!read)
    return read.why();
  return std::move(read->keys);
}

base::result<keys_file> load_or_make_keys(const fs::path& path, base::entropy& random) {
  keys_file found{path, {}, {}, {}, {}};
  if (read_file(path).missing) {
    auto made = make_file(path, random);
    if (!made)
      return made.why();
    if (*made) {
      found.made_project = "dev";
      found.made_key = **made;
    }
  }
  auto keys = read_keys(path);
  if (!keys)
    return keys.why();
  found.keys = std::move(*keys);
  found.warnings = keys_file_warnings(path);
  return found;
}

base::result<std::string> add_key(const fs::path& path, const keyring::grant& what,
                                  base::entropy& random) {
  const std::string project{base::trimmed(what.project)};
  if (!what.is_operator && project.empty())
    return {base::errc::missing_field, "project required", "project"};
  std::error_code ignored; // A path that cannot be followed is written as it stands.
  const auto followed = fs::weakly_canonical(path, ignored);
  const auto& target = ignored ? path : followed;

  const descriptor directory{open_directory_of(target)};
  if (!directory)
    return failed_call(path, "its directory cannot be opened");
  // Held until the file is written. Without it two writers at a time could lose a key.
  while (::flock(directory.get(), LOCK_EX) != 0 && errno == EINTR) {
  } // Ends: with the lock, or where the file system has none.

  keys_document all;
  if (!read_file(target).missing) {
    auto read = parse_file(target, path);
    if (!read)
      return read.why();
    all = std::move(*read);
  }
  const auto key = make_key(random);
  (what.is_operator ? all.operators : all.projects[project]).push_back(key);
  all.allow_localhost = all.allow_localhost.value_or(true);
  if (const int why = write_file(target, render_keys(all), true, random); why != 0)
    return failed(path, "cannot be written: " + std::generic_category().message(why));
  return key;
}

std::vector<std::string> keys_file_warnings(const fs::path& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0 || (file.st_mode & (S_IROTH | S_IWOTH)) == 0)
    return {};
  return {"Every user of this machine can "
          + std::string{(file.st_mode & S_IWOTH) != 0 ? "change" : "read"} + " the keys file "
          + path.string() + "; run: chmod 600 " + path.string()};
}

} // namespace intermute::config
