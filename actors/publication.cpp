#include "actors/publication.hpp"

#include <algorithm>

namespace intermute::actors {

void publication::tell_owner(cell_ptr owner, caf::message note) {
  owners_.emplace_back(std::move(owner), std::move(note));
}

void publication::tell_directory(cell_ptr directory, agents_committed::one done) {
  auto found = std::find_if(directories_.begin(), directories_.end(),
                            [&](const auto& one) { return one.first == directory; });
  if (found == directories_.end()) {
    agents_committed note{std::make_shared<std::vector<agents_committed::one>>()};
    found = directories_.emplace(directories_.end(), std::move(directory), std::move(note));
  }
  found->second.done->push_back(std::move(done));
}

publication::inbox_news& publication::news_of(cell_ptr inbox) {
  const auto [at, fresh] = inbox_index_.try_emplace(inbox.get(), inboxes_.size());
  if (fresh)
    inboxes_.push_back({std::move(inbox)});
  return inboxes_[at->second];
}

void publication::update_inbox(const std::string& project, const std::string& agent,
                               inbox_update::change what) {
  auto inbox = book_.find_inbox(project, agent);
  if (inbox == nullptr || !inbox->live())
    return;
  if (auto& news = news_of(std::move(inbox)); news.update != nullptr)
    news.update->changes.push_back(std::move(what));
}

void publication::reload_inbox(const std::string& project, const std::string& agent) {
  if (auto inbox = book_.find_inbox(project, agent); inbox != nullptr)
    news_of(std::move(inbox)).update = nullptr;
}

void publication::end_reservations(const storage::end_reservations_outcome& ended) {
  std::unordered_map<std::string, std::shared_ptr<std::vector<std::string>>> by_project;
  for (const auto& one : ended.ended) {
    auto& ids = by_project[one.reservation.project];
    if (ids == nullptr)
      ids = std::make_shared<std::vector<std::string>>();
    ids->push_back(one.reservation.id);
    const bool expired = one.reservation.ended == domain::release_reason::expired;
    add_event(event_of(one.reservation,
                       expired ? domain::event_kind::reservation_expired
                               : domain::event_kind::reservation_released,
                       one.event_at, *one.reservation.released_at));
  }
  for (auto& [project, ids] : by_project)
    if (auto table = book_.find_reservations(project); table != nullptr)
      tell_owner(std::move(table), caf::make_message(holds_ended{std::move(ids)}));
}

void publication::doubt_reservations() {
  for (auto& table : book_.all_reservations())
    tell_owner(std::move(table), caf::make_message(holds_doubtful{}));
}

domain::event event_of(const domain::reservation& of, domain::event_kind kind, domain::cursor at,
                       base::wall_time when) {
  domain::event happened;
  happened.at = at;
  happened.kind = kind;
  happened.project = of.project;
  happened.reservation_id = of.id;
  happened.agent = of.agent_id;
  happened.path_pattern = of.path_pattern;
  happened.created_at = when;
  return happened;
}

void publication::reply(op_ptr settled) {
  auto* sink = &settled->sink();
  auto found = std::find_if(replies_.begin(), replies_.end(),
                            [&](const auto& one) { return one.first == sink; });
  if (found == replies_.end())
    found = replies_.emplace(replies_.end(), sink, std::vector<op_ptr>{});
  found->second.push_back(std::move(settled));
}

void publication::deliver_to_owners() {
  for (auto& [owner, note] : owners_)
    owner->notify(std::move(note));
  for (auto& [directory, note] : directories_)
    if (!directory->notify(caf::make_message(note)))
      for (auto& one : *note.done) // Nobody is there to swap a snapshot: the next one loads it.
        reply(std::move(one.request));
}

void publication::deliver_to_inbox(inbox_news& news) {
  if (news.update != nullptr) {
    if (auto taken = place::take(news.of->gauge(), 0, urgency::draining); taken) {
      news.update->held = std::move(*taken);
      news.of->notify(caf::make_message(std::move(news.update)));
      return;
    }
  }
  // Too many updates wait already: one note stands for all that are left out.
  news.of->notify_once(caf::make_message(inbox_reload{}));
}

void publication::deliver() {
  deliver_to_owners();
  for (auto& news : inboxes_)
    deliver_to_inbox(news);
  const bool any_event = gap_ || !events_.empty();
  if (gap_)
    feed_.mark_gap();
  feed_.publish(std::move(events_));
  // Who waits for an answer does not wait for all who hear of it as well.
  for (auto& [sink, settled] : replies_)
    sink->deliver(std::move(settled));
  if (any_event)
    feed_.wake();
}

} // namespace intermute::actors
