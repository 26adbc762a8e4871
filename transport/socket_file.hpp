#pragma once

#include "base/result.hpp"

#include <sys/types.h>

#include <string>

namespace intermute::transport {

/// The file of a Unix socket that this server listens on: there from `claim` until it dies.
class socket_file {
public:
  socket_file() = default;
  ~socket_file() { remove(); }
  socket_file(const socket_file&) = delete;
  socket_file& operator=(const socket_file&) = delete;

  /// Makes room at `path`: takes away a socket that nobody listens on any more, and nothing else.
  /// Fails with `invalid_request`, saying why, when a server answers there, or when something
  /// is there that is no socket.
  [[nodiscard]] static base::result<void> make_room(const std::string& path);

  /// The socket at `path` was just bound and not listened on yet: from now on user and group can
  /// connect, and it is ours to remove. Fails with `invalid_request`.
  [[nodiscard]] base::result<void> claim(const std::string& path);

  /// Removes the file if it is still the one that was claimed. Idempotent.
  void remove() noexcept;

private:
  std::string path_; ///< Absolute; empty: none was claimed.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

} // namespace intermute::transport
