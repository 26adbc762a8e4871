#include "config/reload.hpp"

#include "config/keys.hpp"

namespace intermute::config {

std::vector<setting_change> differences(const settings& before, const settings& after) {
  std::vector<setting_change> found;
  for (const auto& one : keys())
    if (const auto was = one.read(before), is = one.read(after); was != is)
      found.push_back(
        {one.path, render(one.rule, was), render(one.rule, is), one.when == change::live});
  return found;
}

} // namespace intermute::config
