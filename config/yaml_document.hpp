#pragma once

#include "config/problem.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace intermute::config {

/// One known key with what stands behind it.
struct yaml_entry {
  std::string path;
  std::variant<std::string, std::vector<std::string>> raw;
  int line;   ///< Of the value, from 1.
  int column; ///< Of the value, from 1.
};

/// A configuration file, flattened. Values are not checked yet.
struct yaml_document {
  std::vector<yaml_entry> entries; ///< In the order of the file; each path once.
  std::vector<problem> problems;
};

/// Reads one YAML document. Reports syntax errors, unknown keys, keys given twice, and lists or
/// maps where none can be. Never throws for input.
///
/// @param name  What to call the text in problems, usually the path of the file.
[[nodiscard]] yaml_document read_yaml(std::string_view text, const std::string& name);

} // namespace intermute::config
