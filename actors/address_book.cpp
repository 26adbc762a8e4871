#include "actors/address_book.hpp"

namespace intermute::actors {

namespace {

constexpr char mark_of(resident what) noexcept {
  switch (what) {
  case resident::project: return '.';
  case resident::inbox: return ':';
  case resident::reservations: break;
  }
  return '#';
}

} // namespace

std::string address_book::key_of(resident what, const std::string& project,
                                 const std::string& agent) {
  // The length keeps ("a", "bc") and ("ab", "c") apart, whatever bytes the names hold.
  std::string key{mark_of(what)};
  key += std::to_string(project.size());
  key += ' ';
  key += project;
  key += agent;
  return key;
}

address_book::part& address_book::part_of(std::string_view key) {
  return parts_[std::hash<std::string_view>{}(key) % part_count];
}

const address_book::part& address_book::part_of(std::string_view key) const {
  return parts_[std::hash<std::string_view>{}(key) % part_count];
}

cell_ptr address_book::find_or_make(resident what, const std::string& project,
                                    const std::string& agent) {
  auto key = key_of(what, project, agent);
  auto& in = part_of(key);
  const std::lock_guard guard{in.mutex};
  if (const auto found = in.by_key.find(key); found != in.by_key.end())
    return found->second;
  if (size_.load() >= resident_max_)
    return nullptr;
  auto made = make_(what, project, agent);
  in.by_key.emplace(std::move(key), made);
  ++size_;
  return made;
}

cell_ptr address_book::find(resident what, const std::string& project,
                            const std::string& agent) const {
  const auto key = key_of(what, project, agent);
  const auto& in = part_of(key);
  const std::lock_guard guard{in.mutex};
  const auto found = in.by_key.find(key);
  return found == in.by_key.end() ? nullptr : found->second;
}

cell_ptr address_book::project(const std::string& name) {
  return find_or_make(resident::project, name, {});
}

cell_ptr address_book::inbox(const std::string& project, const std::string& agent) {
  return find_or_make(resident::inbox, project, agent);
}

cell_ptr address_book::reservations(const std::string& project) {
  return find_or_make(resident::reservations, project, {});
}

cell_ptr address_book::find_inbox(const std::string& project, const std::string& agent) const {
  return find(resident::inbox, project, agent);
}

cell_ptr address_book::find_reservations(const std::string& project) const {
  return find(resident::reservations, project, {});
}

std::vector<cell_ptr> address_book::all_reservations() const {
  std::vector<cell_ptr> found;
  for (const auto& in : parts_) {
    const std::lock_guard guard{in.mutex};
    for (const auto& [key, one] : in.by_key)
      if (key.front() == mark_of(resident::reservations))
        found.push_back(one);
  }
  return found;
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
