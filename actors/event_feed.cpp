#include "actors/event_feed.hpp"

#include "actors/messages.hpp"

namespace intermute::actors {

void event_feed::publish(std::vector<domain::event> events) {
  for (auto& one : events) {
    high_water_.store(one.at);
    auto shared = std::make_shared<const domain::event>(std::move(one));
    if (!ring_.try_push(shared))
      gap_.store(true);
  }
}

void event_feed::wake() {
  // A push actor that is not there drains the ring when it starts.
  if (!woken_.exchange(true) && push_ != nullptr
      && !push_->notify(caf::make_message(events_ready{})))
    woken_.store(false);
}

bool event_feed::drain(std::vector<event_ptr>& into, std::size_t most) {
  woken_.store(false); // Before looking: an event that comes later wakes again.
  if (ring_.drain(into, most) < most)
    return false;
  woken_.store(true);
  return true;
}

} // namespace intermute::actors
