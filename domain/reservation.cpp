#include "domain/reservation.hpp"

namespace intermute::domain {

std::string_view to_string(release_reason reason) noexcept {
  switch (reason) {
  case release_reason::released: return "released";
  case release_reason::expired: return "expired";
  case release_reason::retired: return "retired";
  }
  return "released";
}

lease_time lease_of(std::int64_t ttl_minutes) noexcept {
  if (ttl_minutes <= 0)
    return {lease_default, false};
  if (ttl_minutes > lease_max.count())
    return {lease_max, true};
  return {std::chrono::minutes{ttl_minutes}, false};
}

} // namespace intermute::domain
