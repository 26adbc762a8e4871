#include "actors/agent_snapshot.hpp"

#include <map>

namespace intermute::actors {

std::size_t agent_snapshot::part_of(std::string_view id) noexcept {
  // The map inside a part uses the same hash: take other bits of it.
  return (std::hash<std::string_view>{}(id) >> 48U) % part_count;
}

const known_agent* agent_snapshot::find(std::string_view id) const {
  const auto& in = parts_[part_of(id)];
  if (in == nullptr)
    return nullptr;
  const auto found = in->find(id);
  return found == in->end() ? nullptr : &found->second;
}

std::vector<known_agent> agent_snapshot::all() const {
  std::vector<known_agent> found;
  found.reserve(size_);
  for (const auto& one : parts_)
    if (one != nullptr)
      for (const auto& [id, agent] : *one)
        found.push_back(agent);
  return found;
}

agent_snapshot_ptr agent_snapshot::with(const std::vector<known_agent>& changed) const {
  auto next = std::make_shared<agent_snapshot>(*this);
  std::map<std::size_t, std::shared_ptr<part>> copies;
  for (const auto& one : changed) {
    const auto index = part_of(one.record->id);
    auto& copy = copies[index];
    if (copy == nullptr)
      copy = parts_[index] ? std::make_shared<part>(*parts_[index]) : std::make_shared<part>();
    const auto [at, fresh] = copy->insert_or_assign(one.record->id, one);
    next->size_ += fresh ? 1 : 0;
  }
  for (auto& [index, copy] : copies)
    next->parts_[index] = std::move(copy);
  return next;
}

} // namespace intermute::actors
