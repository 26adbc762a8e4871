#pragma once

#include "config/settings.hpp"

#include <string>
#include <vector>

namespace intermute::config {

/// One key that two settings differ in.
struct setting_change {
  std::string key;   ///< Path, "log.level".
  std::string from;  ///< As `render` writes it.
  std::string to;    ///< As `render` writes it.
  bool live = false; ///< Whether a running server can take it; else it needs a restart.
};

/// What changed, in the order of `keys()`. Linear in the number of keys.
[[nodiscard]] std::vector<setting_change> differences(const settings& before,
                                                      const settings& after);

} // namespace intermute::config
