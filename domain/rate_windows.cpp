#include "domain/rate_windows.hpp"

#include <algorithm>

namespace intermute::domain {

std::optional<std::chrono::seconds> rate_windows::count(const std::string& key, std::uint32_t most,
                                                        std::size_t keys_max,
                                                        base::steady_time now) {
  auto at = windows_.find(key);
  if (at != windows_.end() && now > at->second.began + length) {
    windows_.erase(at);
    at = windows_.end();
  }
  if (at == windows_.end()) {
    make_room(keys_max, now);
    at = windows_.emplace(key, window{now, 0}).first;
  }
  if (at->second.events < most) {
    ++at->second.events;
    return std::nullopt;
  }
  const auto left = at->second.began + length - now;
  return std::max(std::chrono::seconds{1}, std::chrono::ceil<std::chrono::seconds>(left));
}

bool rate_windows::idle(base::steady_time now) {
  std::erase_if(windows_, [&](const auto& one) { return now > one.second.began + length; });
  return windows_.empty();
}

void rate_windows::make_room(std::size_t keys_max, base::steady_time now) {
  const auto most = std::max<std::size_t>(1, keys_max);
  if (windows_.size() < most)
    return;
  (void)idle(now);                // Forgets the windows that are over.
  while (windows_.size() >= most) // Ends: each round takes one.
    windows_.erase(
      std::ranges::min_element(windows_, {}, [](const auto& one) { return one.second.began; }));
}

} // namespace intermute::domain
