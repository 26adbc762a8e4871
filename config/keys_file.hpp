#pragma once

#include "base/ids.hpp"
#include "config/auth_config.hpp"
#include "config/keyring.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace intermute::config {

/// A keys file as `serve` finds or makes it.
struct keys_file {
  std::filesystem::path path;
  keyring keys;
  std::optional<std::string> made_project; ///< The file was made just now, with a key for this one.
  std::string made_key;                    ///< That key, to be shown once.
  std::vector<std::string> warnings;       ///< As `keys_file_warnings` gives them.
};

/// Where the keys file is: `auth.keys_file`, else ./intermute.keys.yaml.
[[nodiscard]] std::filesystem::path keys_file_path(const auth_config& with);

/// Reads a keys file. Fails with `invalid_request` and a sentence that names the file, the line
/// where one is to blame, and what to do; never a key. A missing file is a failure too.
[[nodiscard]] base::result<keyring> read_keys(const std::filesystem::path& path);

/// Reads a keys file, or makes one when there is none: readable by its owner alone, with a new key
/// for the project `dev`, and localhost allowed. Never writes over a file. Fails as `read_keys`.
[[nodiscard]] base::result<keys_file> load_or_make_keys(const std::filesystem::path& path,
                                                        base::entropy& random
                                                        = base::system_entropy());

/// Adds a new key to a keys file, which is made when there is none, and written anew otherwise:
/// comments and unknown members are lost, its owner alone can read it. Localhost gets allowed where
/// the file says nothing about it. Two at a time are done one after the other.
/// @param what  `project` must not be blank unless `is_operator`.
/// @returns The key: 43 characters, 256 bits. Fails as `read_keys`.
[[nodiscard]] base::result<std::string> add_key(const std::filesystem::path& path,
                                                const keyring::grant& what,
                                                base::entropy& random = base::system_entropy());

/// What an operator should mend about the file itself, one sentence each: it can be read or
/// changed by every user of the machine.
[[nodiscard]] std::vector<std::string> keys_file_warnings(const std::filesystem::path& path);

} // namespace intermute::config
