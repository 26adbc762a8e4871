#include "actors/agent_snapshot.hpp"

#include <map>

namespace intermute::actors {
namespace {

/// Copies of the parts that change, made at the first change of each.
template <class Part, std::size_t Count>
class changed_parts {
public:
  explicit changed_parts(std::array<std::shared_ptr<const Part>, Count>& parts) : parts_(parts) {}
  ~changed_parts() {
    for (auto& [index, copy] : copies_)
      parts_[index] = std::move(copy);
  }
  changed_parts(const changed_parts&) = delete;
  changed_parts& operator=(const changed_parts&) = delete;

  Part& at(std::size_t index) {
    auto& copy = copies_[index];
    if (copy == nullptr)
      copy = parts_[index] ? std::make_shared<Part>(*parts_[index]) : std::make_shared<Part>();
    return *copy;
  }

private:
  std::array<std::shared_ptr<const Part>, Count>& parts_;
  std::map<std::size_t, std::shared_ptr<Part>> copies_;
};

} // namespace

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

const known_agent* agent_snapshot::find_by_token(std::string_view token_hash) const {
  const auto& in = tokens_[part_of(token_hash)];
  if (in == nullptr)
    return nullptr;
  const auto found = in->find(token_hash);
  return found == in->end() ? nullptr : find(found->second);
}

agent_snapshot_ptr agent_snapshot::with(const std::vector<known_agent>& changed) const {
  auto next = std::make_shared<agent_snapshot>(*this);
  {
    changed_parts<part, part_count> agents{next->parts_};
    changed_parts<token_part, part_count> tokens{next->tokens_};
    for (const auto& one : changed) {
      const auto& record = *one.record;
      auto& into = agents.at(part_of(record.id));
      if (const auto before = into.find(record.id); before != into.end()) {
        const auto& hash = before->second.record->token_hash;
        tokens.at(part_of(hash)).erase(hash);
      }
      if (!record.retired_at)
        tokens.at(part_of(record.token_hash)).insert_or_assign(record.token_hash, record.id);
      const auto [at, fresh] = into.insert_or_assign(record.id, one);
      next->size_ += fresh ? 1 : 0;
    }
  }
  return next;
}

} // namespace intermute::actors
