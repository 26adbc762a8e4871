#include "transport/socket_file.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace intermute::transport {
namespace {

constexpr mode_t mode = 0660;

base::error refusal(const std::string& path, const std::string& why) {
  return {base::errc::invalid_request, "Cannot listen on the socket " + path + ": " + why + ".",
          "server.socket"};
}

std::string text_of(int number) { return std::generic_category().message(number); }

/// What becomes of an attempt to connect to the socket at `path`: 0, or the error's number.
int try_to_connect(const std::string& path) {
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  path.copy(static_cast<char*>(to.sun_path), sizeof to.sun_path - 1);
  // It does not wait: a server whose queue is full is there, too.
  const int tried = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (tried < 0)
    return errno;
  const auto* const address = reinterpret_cast<const sockaddr*>(&to);
  const int failed = ::connect(tried, address, sizeof to) == 0 ? 0 : errno;
  ::close(tried);
  return failed;
}

} // namespace

base::result<void> socket_file::make_room(const std::string& path) {
  if (path.size() >= sizeof sockaddr_un::sun_path)
    return refusal(path, "the path is longer than "
                           + std::to_string(sizeof sockaddr_un::sun_path - 1) + " bytes");
  struct stat found {};
  if (::lstat(path.c_str(), &found) != 0)
    return errno == ENOENT ? base::result<void>{} : refusal(path, text_of(errno));
  if (!S_ISSOCK(found.st_mode))
    return refusal(path, "there is something else, which is left alone");
  switch (const int failed = try_to_connect(path)) {
  case ECONNREFUSED: break;
  case 0:
  case EAGAIN: return refusal(path, "another server listens there");
  default: return refusal(path, text_of(failed));
  }
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return refusal(path, text_of(errno));
  return {};
}

base::result<void> socket_file::claim(const std::string& path) {
  struct stat made {};
  if (::lstat(path.c_str(), &made) != 0)
    return refusal(path, text_of(errno));
  std::error_code ec;
  path_ = std::filesystem::absolute(path, ec).string();
  if (ec)
    path_ = path;
  device_ = made.st_dev;
  inode_ = made.st_ino;
  if (::chmod(path.c_str(), mode) != 0)
    return refusal(path, text_of(errno));
  return {};
}

void socket_file::remove() noexcept {
  if (path_.empty())
    return;
  struct stat found {};
  if (::lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_)
    ::unlink(path_.c_str());
  path_.clear();
}

} // namespace intermute::transport
