#pragma once

#include "config/keys.hpp"
#include "config/load.hpp"

#include <map>
#include <set>

namespace intermute::config {

/// Where a value was written.
struct origin {
  std::string source = "default"; ///< For `setting_source`.
  std::string where = "default";  ///< For `problem`.
};

/// Settings while they are put together, layer on layer.
struct layers {
  settings values;
  std::map<std::string, origin, std::less<>> origins; ///< By key path; absent means default.
  std::set<std::string, std::less<>> broken;          ///< Keys with a value that was refused.
  std::vector<problem> problems;

  /// The origin of a key, "default" included.
  [[nodiscard]] origin origin_of(std::string_view path) const {
    const auto found = origins.find(path);
    return found == origins.end() ? origin{} : found->second;
  }
};

/// Refuses values that are right alone and wrong together, and texts that can be no host or path.
/// A rule is skipped when one of its keys is broken: its message would mislead.
void check_rules(layers& all);

} // namespace intermute::config
