#pragma once

#include "base/result.hpp"
#include "config/keyring.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

/// The text of a keys file; only `keys_file.cpp` includes this.
namespace intermute::config {

/// What a keys file says, to be written anew. Keys are trimmed and not blank.
struct keys_document {
  std::optional<bool> allow_localhost; ///< Empty where the file says nothing.
  std::map<std::string, std::vector<std::string>> projects;
  std::vector<std::string> operators;
  keyring keys; ///< The same, to look keys up.
};

/// Reads the text of a keys file; an empty one has no keys.
/// @param name  What to call the text in an error, usually the path of the file.
[[nodiscard]] base::result<keys_document> parse_keys(const std::string& text,
                                                     const std::string& name);

/// Writes it as YAML that `parse_keys` and the Go intermute read; `keys` is not looked at.
[[nodiscard]] std::string render_keys(const keys_document& from);

} // namespace intermute::config
