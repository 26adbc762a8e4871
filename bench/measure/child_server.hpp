#pragma once

#include "bench/load/options.hpp"

#include <memory>
#include <string>
#include <vector>

namespace intermute::bench {

/// A server that this program has started on a free port of 127.0.0.1. It ends with the object,
/// as an operator would end it, and the folder with its files goes with it.
class child_server {
public:
  /// Starts our server on a new database file.
  /// @param program      Its path.
  /// @param work_folder  Where the folder with the file is made; on a disk, or syncing costs
  ///   nothing.
  /// @param settings     `key=value`, as for `--set`.
  /// @throws std::runtime_error  When it is not ready within 30 seconds.
  static child_server intermute(const std::string& program, const std::string& work_folder,
                                const std::vector<std::string>& settings = {});

  /// Starts this program again as a yardstick.
  /// @param kind  hello, page or echo.
  static child_server yardstick(const std::string& kind, std::size_t body_bytes = 0);

  child_server(child_server&&) noexcept;
  ~child_server();

  [[nodiscard]] const server_address& address() const noexcept;
  [[nodiscard]] int pid() const noexcept;

private:
  struct process;
  child_server(const std::string& program, const std::vector<std::string>& arguments,
               std::string folder);

  std::unique_ptr<process> process_;
};

} // namespace intermute::bench
