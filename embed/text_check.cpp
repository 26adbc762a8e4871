#include "embed/text_check.hpp"

#include "transport/json/utf8.hpp"

namespace intermute::embed {

text_check& text_check::add(std::string_view text) {
  bytes_ += text.size();
  is_utf8_ = is_utf8_ && transport::json::is_utf8(text);
  return *this;
}

text_check& text_check::add(const std::vector<std::string>& texts) {
  for (const auto& one : texts)
    add(one);
  return *this;
}

text_check& text_check::add(const std::optional<std::vector<std::string>>& texts) {
  return texts ? add(*texts) : *this;
}

text_check& text_check::add(const std::optional<std::map<std::string, std::string>>& texts) {
  if (!texts)
    return *this;
  for (const auto& [key, value] : *texts)
    add(key).add(value);
  return *this;
}

base::result<void> text_check::verdict() const {
  if (bytes_ > bytes_max_)
    return {base::errc::body_too_large, "Its texts have " + std::to_string(bytes_)
                                          + " bytes; server.body_bytes_max is "
                                          + std::to_string(bytes_max_) + '.'};
  if (!is_utf8_)
    return base::errc::invalid_utf8;
  return {};
}

} // namespace intermute::embed
