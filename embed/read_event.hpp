#pragma once

#include "embed/intermute.hpp"

#include <string_view>

namespace intermute::embed {

/// The event that `text` shows, which is one of ours in its extended form. Members it does not have
/// stay blank. Cost: the length of the text.
[[nodiscard]] event read_event(std::string_view text);

} // namespace intermute::embed
