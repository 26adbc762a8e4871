#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace intermute::transport {

/// Objects under ids that are never used twice, so that a late answer to something that is gone
/// finds nothing instead of a stranger. Look-up, insertion and removal take constant time.
/// An id holds the shard (8 bits), the slot (24) and how often the slot was taken (32).
template <class T>
class slot_map {
public:
  using id = std::uint64_t;

  explicit slot_map(std::size_t shard) : shard_(static_cast<id>(shard) << 56U) {}

  id insert(std::shared_ptr<T> value) {
    std::uint32_t index = 0;
    if (free_.empty()) {
      index = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    auto& taken = slots_[index];
    taken.value = std::move(value);
    ++size_;
    return shard_ | static_cast<id>(index) << 32U | taken.generation;
  }

  [[nodiscard]] T* find(id which) const noexcept {
    const auto index = index_of(which);
    if (index >= slots_.size() || slots_[index].generation != static_cast<std::uint32_t>(which))
      return nullptr;
    return slots_[index].value.get();
  }

  /// Lets go of `which`; the object dies unless somebody else holds it.
  void erase(id which) {
    if (find(which) == nullptr)
      return;
    auto& left = slots_[index_of(which)];
    const auto last = std::move(left.value); // Dies after the slot is in order again.
    ++left.generation;
    free_.push_back(static_cast<std::uint32_t>(index_of(which)));
    --size_;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// Every object there is now; `call` may erase and insert.
  template <class F>
  void for_each(F call) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      if (const auto held = slots_[i].value)
        call(*held);
  }

private:
  struct slot {
    std::shared_ptr<T> value;
    std::uint32_t generation = 1;
  };

  static std::size_t index_of(id which) noexcept {
    return static_cast<std::size_t>(which >> 32U) & 0xFF'FFFFU;
  }

  id shard_;
  std::vector<slot> slots_;
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

} // namespace intermute::transport
