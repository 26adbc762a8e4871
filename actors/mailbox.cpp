#include "actors/mailbox.hpp"

#include <algorithm>
#include <string>

namespace intermute::actors {
namespace {

constexpr std::uint32_t reserve_share = 10; ///< One place in ten is kept for draining work.
constexpr std::uint32_t source_share = 4;   ///< One source's part above half full.

} // namespace

mailbox_classes::mailbox_classes(const config::mailboxes_config& limits) {
  for (const auto& row : config::mailbox_classes) {
    of(row.id).which = row.id;
    of(row.id).capacity = limits.capacity(row.id);
  }
}

mailbox_gauge::slots mailbox_gauge::slots_of(source_id source) noexcept {
  const auto mixed = source * 0x9E3779B97F4A7C15ULL; // Fibonacci hashing (Knuth 6.4).
  return {static_cast<std::size_t>(mixed >> 59U), static_cast<std::size_t>(mixed >> 54U & 31U)};
}

std::uint32_t mailbox_gauge::held_by(const slots& at) const noexcept {
  return std::min(first_[at.first].load(std::memory_order_relaxed),
                  second_[at.second].load(std::memory_order_relaxed));
}

void mailbox_gauge::note(std::uint32_t depth) noexcept {
  shared_.depth.fetch_add(1, std::memory_order_relaxed);
  shared_.accepted.fetch_add(1, std::memory_order_relaxed);
  auto high = shared_.high_water.load(std::memory_order_relaxed);
  while (depth > high // Ends: `high` only grows, so it passes `depth` or the exchange succeeds.
         && !shared_.high_water.compare_exchange_weak(high, depth, std::memory_order_relaxed)) {}
}

bool mailbox_gauge::try_take(source_id source, urgency kind) noexcept {
  const auto capacity = shared_.capacity.load(std::memory_order_relaxed);
  const auto limit = kind == urgency::draining ? capacity : capacity - capacity / reserve_share;
  const auto at = slots_of(source);
  const auto depth = depth_.fetch_add(1, std::memory_order_relaxed) + 1;
  const bool greedy
    = source != 0 && depth > capacity / 2 && held_by(at) >= std::max(1U, capacity / source_share);
  if (depth > limit || greedy) {
    depth_.fetch_sub(1, std::memory_order_relaxed);
    shared_.refused.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  first_[at.first].fetch_add(1, std::memory_order_relaxed);
  second_[at.second].fetch_add(1, std::memory_order_relaxed);
  note(depth);
  return true;
}

void mailbox_gauge::take(source_id source) noexcept {
  const auto at = slots_of(source);
  first_[at.first].fetch_add(1, std::memory_order_relaxed);
  second_[at.second].fetch_add(1, std::memory_order_relaxed);
  note(depth_.fetch_add(1, std::memory_order_relaxed) + 1);
}

void mailbox_gauge::give_back(source_id source) noexcept {
  const auto at = slots_of(source);
  first_[at.first].fetch_sub(1, std::memory_order_relaxed);
  second_[at.second].fetch_sub(1, std::memory_order_relaxed);
  depth_.fetch_sub(1, std::memory_order_relaxed);
  shared_.depth.fetch_sub(1, std::memory_order_relaxed);
}

base::result<place> place::take(const std::shared_ptr<mailbox_gauge>& gauge, source_id source,
                                urgency kind) {
  if (gauge->try_take(source, kind))
    return place{gauge, source};
  const std::string name{to_string(gauge->shared().which)};
  return base::error{base::errc::mailbox_full,
                     "The " + name
                       + " mailbox is full. Wait for Retry-After and repeat the "
                         "same request; nothing of it was done.",
                     name};
}

} // namespace intermute::actors
