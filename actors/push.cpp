#include "actors/push.hpp"

#include "actors/guarded.hpp"

#include <algorithm>
#include <map>

namespace intermute::actors {
namespace {

using base::errc;

constexpr std::size_t drain_max = 256; ///< Events per turn: others get theirs between.
constexpr std::size_t recent_max = 4'096;
constexpr std::chrono::milliseconds retry_pause{50};

} // namespace

push::push(caf::actor_config& config, cell_ptr address, const services& deps,
           subscription_table& subscriptions)
  : bounded(config, std::move(address)), deps_(deps), subscriptions_(subscriptions),
    seen_(deps.feed.high_water()) {}

push::behavior_type push::make_behavior() {
  const auto guard = [this](op* what, auto handler) {
    guarded(*this, deps_.say, address()->name(), what, handler);
  };
  guard(nullptr, [this] {
    // A former life may have left sockets and events behind, and missed that a page was sent.
    subscriptions_.for_each([](subscription& one) { one.now = subscription::phase::live; });
    all_behind();
    drain();
  });
  return {
    [this, guard](op_ptr& what) {
      guard(what.get(), [&] { match(*what, [this](op_of<subscribe>& one) { add(one); }); });
    },
    [this, guard](events_ready) { guard(nullptr, [this] { drain(); }); },
    [this, guard](const events_read& note) { guard(nullptr, [&] { page_read(note); }); },
    [this, guard](const socket_ready& note) {
      guard(nullptr, [&] {
        if (auto* one = subscriptions_.find(note.socket);
            one != nullptr && one->now == subscription::phase::sending)
          read_page(*one);
      });
    },
    [this](const socket_gone& note) { subscriptions_.remove(note.socket); },
    [this, guard](retry_note) {
      guard(nullptr, [this] {
        retry_armed_ = false;
        subscriptions_.for_each([this](subscription& one) {
          if (one.now == subscription::phase::due)
            read_page(one);
        });
      });
    },
  };
}

void push::add(op_of<subscribe>& what) {
  const auto& asked = what.request;
  if (subscriptions_.size() >= deps_.subscriptions_max)
    return what.fail({errc::mailbox_full,
                      "The server has as many subscriptions as it may hold. Try again later.",
                      "push"});
  subscription one;
  one.socket = asked.socket;
  one.frames = asked.frames;
  one.project = asked.project;
  one.agent = asked.agent;
  one.extended = asked.since.has_value();
  // Who does not resume hears of nothing that was acknowledged before.
  const auto newest = deps_.feed.high_water();
  one.position = std::min(asked.since.value_or(newest), newest);
  one.now = asked.since ? subscription::phase::due : subscription::phase::live;
  auto& added = subscriptions_.add(std::move(one));
  what.answer({});
  if (added.now == subscription::phase::due)
    read_page(added);
}

void push::drain() {
  if (deps_.feed.take_gap())
    all_behind();
  std::vector<event_ptr> events;
  const bool more = deps_.feed.drain(events, drain_max);
  batch frames;
  for (auto& one : events)
    spread(one, frames);
  for (auto& [sink, many] : frames)
    sink->deliver(std::move(many));
  if (more)
    address()->notify(caf::make_message(events_ready{}));
}

void push::spread(const event_ptr& what, batch& into) {
  if (what->at <= seen_)
    return; // Before a gap: those who are behind find it in the log.
  seen_ = what->at;
  recent_.push_back(what);
  if (recent_.size() > recent_max)
    recent_.pop_front();
  // Rendered once for each reader and form, then shared by all sockets that get it.
  std::map<std::pair<std::string, bool>, std::shared_ptr<const std::string>> rendered;
  const bool by_reader = what->kind == domain::event_kind::message_created;
  subscriptions_.for_audience(*what, [&](subscription& one) {
    if (one.now != subscription::phase::live || what->at <= one.position)
      return;
    auto& payload = rendered[{by_reader ? one.agent : std::string{}, one.extended}];
    if (payload == nullptr)
      payload = render(one, *what).payload;
    one.position = what->at;
    into[one.frames].push_back({one.socket, payload, false});
  });
}

frame push::render(const subscription& to, const domain::event& what) const {
  return {to.socket, std::make_shared<const std::string>(deps_.render(what, to.agent, to.extended)),
          false};
}

void push::all_behind() {
  recent_.clear();
  seen_ = deps_.feed.high_water();
  bool any = false;
  subscriptions_.for_each([&](subscription& one) {
    if (one.now == subscription::phase::live || one.now == subscription::phase::reading) {
      one.now = subscription::phase::due;
      any = true;
    }
  });
  if (any)
    retry_later();
}

void push::retry_later() {
  if (!std::exchange(retry_armed_, true))
    delayed_send<caf::message_priority::high>(this, retry_pause, retry_note{});
}

void push::read_page(subscription& one) {
  storage::event_query wanted{one.project, one.agent, one.position, deps_.replay_page_max};
  auto job = [to = address(), socket = one.socket, number = ++one.reads,
              wanted = std::move(wanted)](storage::reader& from) {
    using found = base::result<storage::event_page>;
    to->notify(caf::make_message(
      events_read{socket, number, std::make_shared<const found>(from.events(wanted))}));
  };
  one.now = subscription::phase::reading;
  if (!deps_.readers.submit(std::move(job))) {
    one.now = subscription::phase::due;
    retry_later();
  }
}

void push::page_read(const events_read& note) {
  auto* one = subscriptions_.find(note.socket);
  if (one == nullptr || one->now != subscription::phase::reading || one->reads != note.read)
    return;
  if (!*note.found) {
    one->now = subscription::phase::due;
    return retry_later();
  }
  const auto& page = **note.found;
  std::vector<frame> frames;
  for (const auto& what : page.events) {
    if (may_see(*one, what))
      frames.push_back(render(*one, what));
    one->position = what.at;
  }
  if (!page.more)
    one->position = std::max(one->position, page.high_water);
  if (page.more || !join_live(*one, frames))
    one->now = subscription::phase::sending;
  if (one->now == subscription::phase::sending && frames.empty())
    return read_page(*one);
  if (one->now == subscription::phase::sending)
    frames.back().ask_more = true;
  if (!frames.empty())
    one->frames->deliver(std::move(frames));
}

bool push::join_live(subscription& one, std::vector<frame>& into) {
  if (one.position < seen_ && (recent_.empty() || recent_.front()->at > one.position + 1))
    return false; // More was handed out meanwhile than is kept here: read on.
  auto at = std::upper_bound(
    recent_.begin(), recent_.end(), one.position,
    [](domain::cursor wanted, const event_ptr& what) { return wanted < what->at; });
  for (; at != recent_.end() && into.size() < deps_.replay_page_max; ++at) {
    if (may_see(one, **at))
      into.push_back(render(one, **at));
    one.position = (*at)->at;
  }
  if (at != recent_.end())
    return false; // The page is full: the rest when the socket has sent it.
  one.position = std::max(one.position, seen_);
  one.now = subscription::phase::live;
  return true;
}

} // namespace intermute::actors
