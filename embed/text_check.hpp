#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::embed {

/// Looks at the texts of one call as transport does at a body: what is stored is shown to others as
/// JSON, so it has to be UTF-8, and not more than a body may hold.
class text_check {
public:
  /// @param bytes_max  Of all texts together.
  explicit text_check(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  text_check& add(std::string_view text);
  text_check& add(const std::vector<std::string>& texts);
  text_check& add(const std::optional<std::vector<std::string>>& texts);
  text_check& add(const std::optional<std::map<std::string, std::string>>& texts);

  /// Fails with `invalid_utf8`, `body_too_large`.
  [[nodiscard]] base::result<void> verdict() const;

private:
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
  bool is_utf8_ = true;
};

} // namespace intermute::embed
