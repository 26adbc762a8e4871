#include "transport/http/head_scanner.hpp"

namespace intermute::transport::http {

head_scanner::verdict head_scanner::scan(std::string_view data) noexcept {
  for (;;) { // Ends: each round passes a line feed, or there is none left.
    if (line_ != 0 && line_ < data.size() && (data[line_] == ' ' || data[line_] == '\t'))
      return verdict::malformed;
    const auto end = data.find('\n', seen_);
    if (end == std::string_view::npos) {
      seen_ = data.size();
      return verdict::incomplete;
    }
    if (end == line_ || data[end - 1] != '\r')
      return verdict::malformed;
    const bool empty = end == line_ + 1;
    line_ = end + 1;
    seen_ = line_;
    if (empty)
      return verdict::complete;
  }
}

} // namespace intermute::transport::http
