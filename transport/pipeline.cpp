#include "transport/pipeline.hpp"

#include <algorithm>

namespace intermute::transport {
namespace {

constexpr std::size_t kept_bytes_max = 16'384;

void renew(exchange& one, std::uint64_t number) {
  one.is = exchange::state::open;
  one.head_only = false;
  one.keep_alive = true;
  one.http_1_0 = false;
  one.number = number;
  one.asked = nullptr;
  one.channel = 0;
  one.path.clear();
  one.request_id.clear();
  one.answer.clear();
}

} // namespace

exchange& pipeline::push() {
  if (size_ == ring_.size())
    grow();
  const auto number = first_ + size_++;
  auto& one = at(number);
  renew(one, number);
  return one;
}

exchange* pipeline::find_open(std::uint64_t number) noexcept {
  if (number < first_ || number >= first_ + size_)
    return nullptr;
  auto& one = at(number);
  return one.is == exchange::state::open ? &one : nullptr;
}

void pipeline::grow() {
  std::vector<exchange> wider(std::min(bound_, std::max<std::size_t>(1, ring_.size() * 2)));
  for (auto number = first_; number < first_ + size_; ++number)
    wider[number % wider.size()] = std::move(at(number));
  ring_ = std::move(wider);
}

void pipeline::shrink() {
  for (auto& one : ring_)
    if (one.answer.capacity() > kept_bytes_max)
      one.answer = {};
}

} // namespace intermute::transport
