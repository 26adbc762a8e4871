#include "actors/address_book.hpp"

namespace intermute::actors {

std::string address_book::key_of(const std::string& project, const std::string* agent) {
  // The length in front keeps ("a", "bc") and ("ab", "c") apart, whatever bytes the names hold.
  auto key = std::to_string(project.size()) + (agent != nullptr ? ':' : '.') + project;
  if (agent != nullptr)
    key += *agent;
  return key;
}

address_book::part& address_book::part_of(std::string_view key) {
  return parts_[std::hash<std::string_view>{}(key) % part_count];
}

const address_book::part& address_book::part_of(std::string_view key) const {
  return parts_[std::hash<std::string_view>{}(key) % part_count];
}

cell_ptr address_book::find_or_make(const std::string& project, const std::string* agent) {
  auto key = key_of(project, agent);
  auto& in = part_of(key);
  const std::lock_guard guard{in.mutex};
  if (const auto found = in.by_key.find(key); found != in.by_key.end())
    return found->second;
  if (size_.load() >= resident_max_)
    return nullptr;
  auto made = make_(project, agent);
  in.by_key.emplace(std::move(key), made);
  ++size_;
  return made;
}

cell_ptr address_book::project(const std::string& name) { return find_or_make(name, nullptr); }

cell_ptr address_book::inbox(const std::string& project, const std::string& agent) {
  return find_or_make(project, &agent);
}

cell_ptr address_book::find_inbox(const std::string& project, const std::string& agent) const {
  const auto key = key_of(project, &agent);
  const auto& in = part_of(key);
  const std::lock_guard guard{in.mutex};
  const auto found = in.by_key.find(key);
  return found == in.by_key.end() ? nullptr : found->second;
}

void address_book::sweep(std::size_t index, base::steady_time before) {
  auto& in = parts_[index % part_count];
  const std::lock_guard guard{in.mutex};
  for (auto at = in.by_key.begin(); at != in.by_key.end();) {
    const auto& one = at->second;
    if (one->last_used() > before) {
      ++at;
    } else if (one->evict()) {
      at = in.by_key.erase(at);
      --size_;
    } else {
      one->notify(caf::make_message(passivate_note{}));
      ++at;
    }
  }
}

void address_book::for_each(const std::function<void(const cell_ptr&)>& look) const {
  for (const auto& in : parts_) {
    std::vector<cell_ptr> held; // Looked at after the lock is gone: `look` may use the book.
    {
      const std::lock_guard guard{in.mutex};
      for (const auto& [key, one] : in.by_key)
        held.push_back(one);
    }
    for (const auto& one : held)
      look(one);
  }
}

} // namespace intermute::actors
