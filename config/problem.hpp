#pragma once

#include <string>

namespace intermute::config {

/// One thing that is wrong with what the operator wrote.
struct problem {
  std::string where; ///< "file:line:column", "env NAME", "flag --port", or "default".
  std::string what;  ///< One sentence without full stop.
};

} // namespace intermute::config
