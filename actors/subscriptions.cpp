#include "actors/subscriptions.hpp"

#include <algorithm>

namespace intermute::actors {
namespace {

void drop(std::unordered_map<std::string, std::vector<socket_id>>& from, const std::string& key,
          socket_id socket) {
  const auto found = from.find(key);
  if (found == from.end())
    return;
  std::erase(found->second, socket);
  if (found->second.empty())
    from.erase(found);
}

} // namespace

bool may_see(const subscription& one, const domain::event& what) {
  using domain::event_kind;
  if (!what.project.empty() && what.project != one.project)
    return false;
  if (what.kind == event_kind::reservation_created || what.kind == event_kind::reservation_released)
    return one.extended; // The reference never sends these.
  return what.kind != domain::event_kind::message_created
         || std::find(what.recipients.begin(), what.recipients.end(), one.agent)
              != what.recipients.end();
}

subscription& subscription_table::add(subscription one) {
  remove(one.socket);
  by_agent_[one.agent].push_back(one.socket);
  by_project_[one.project].push_back(one.socket);
  const auto socket = one.socket;
  return by_socket_.insert_or_assign(socket, std::move(one)).first->second;
}

void subscription_table::remove(socket_id socket) {
  const auto found = by_socket_.find(socket);
  if (found == by_socket_.end())
    return;
  drop(by_agent_, found->second.agent, socket);
  drop(by_project_, found->second.project, socket);
  by_socket_.erase(found);
}

subscription* subscription_table::find(socket_id socket) {
  const auto found = by_socket_.find(socket);
  return found == by_socket_.end() ? nullptr : &found->second;
}

void subscription_table::for_those(const sockets& which,
                                   const std::function<bool(const subscription&)>& wanted,
                                   const std::function<void(subscription&)>& see) {
  for (const auto socket : which)
    if (auto& one = by_socket_.at(socket); wanted(one))
      see(one);
}

void subscription_table::for_audience(const domain::event& what,
                                      const std::function<void(subscription&)>& see) {
  const auto wanted = [&](const subscription& one) { return may_see(one, what); };
  if (what.kind == domain::event_kind::message_created) {
    for (const auto& agent : what.recipients)
      if (const auto found = by_agent_.find(agent); found != by_agent_.end())
        for_those(found->second, wanted, see);
    return;
  }
  if (what.project.empty())
    return for_each([&](subscription& one) {
      if (wanted(one))
        see(one);
    });
  if (const auto found = by_project_.find(what.project); found != by_project_.end())
    for_those(found->second, wanted, see);
}

void subscription_table::for_each(const std::function<void(subscription&)>& see) {
  for (auto& [socket, one] : by_socket_)
    see(one);
}

} // namespace intermute::actors
