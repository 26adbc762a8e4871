#pragma once

#include <yaml-cpp/mark.h>

#include <optional>
#include <string>

namespace intermute::config {

/// What the events of a YAML text tell before it is made into a tree.
struct yaml_shape {
  std::optional<YAML::Mark> second_document; ///< Where it begins, if there is one.
  std::optional<YAML::Mark> alias;           ///< The first `*name` of the first document, if any.
};

/// Walks the events of at most two documents; makes no tree. Throws `YAML::Exception` for what is
/// not YAML. `YAML::LoadAll` would tell of documents as well, but in 0.7 it never ends on a stray
/// comma, which counts as one empty document after the other.
[[nodiscard]] yaml_shape shape_of(const std::string& text);

/// "name:line:column", or the name alone for a mark that is nowhere.
[[nodiscard]] std::string place(const std::string& name, const YAML::Mark& mark);

} // namespace intermute::config
