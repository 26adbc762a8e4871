#pragma once

#include <cstdint>
#include <string>

namespace intermute::domain {

/// How many different names `generated_name` knows before it appends numbers.
[[nodiscard]] std::uint64_t generated_name_count() noexcept;

/// A readable name such as `Brisk Lighthouse Keeper`, the same for the same `number`.
/// Callers that need a free name count upwards; past `generated_name_count()` a number is added.
[[nodiscard]] std::string generated_name(std::uint64_t number);

} // namespace intermute::domain
