#include "domain/inbox.hpp"

namespace intermute::domain {

std::string_view to_string(event_kind kind) noexcept {
  switch (kind) {
  case event_kind::message_created: return "message.created";
  case event_kind::message_read: return "message.read";
  case event_kind::reservation_created: return "reservation.created";
  case event_kind::reservation_released: return "reservation.released";
  case event_kind::reservation_expired: return "reservation.expired";
  case event_kind::message_ack: break;
  }
  return "message.ack";
}

} // namespace intermute::domain
