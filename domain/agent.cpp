#include "domain/agent.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace intermute::domain {

std::optional<focus> parse_focus(std::string_view text) noexcept {
  using namespace std::string_view_literals;
  static constexpr std::array<std::pair<std::string_view, focus>, 4> names{{
    {"unknown"sv, focus::unknown},
    {"at-prompt"sv, focus::at_prompt},
    {"tool-use"sv, focus::tool_use},
    {"thinking"sv, focus::thinking},
  }};
  for (const auto& [name, value] : names)
    if (name == text)
      return value;
  return std::nullopt;
}

namespace {

constexpr std::array<std::string_view, 4> policy_names{"open", "auto", "contacts_only",
                                                       "block_all"};

} // namespace

std::optional<contact_policy> parse_policy(std::string_view text) noexcept {
  for (std::size_t i = 0; i < policy_names.size(); ++i)
    if (policy_names[i] == text)
      return static_cast<contact_policy>(i);
  return std::nullopt;
}

std::string_view to_string(contact_policy policy) noexcept {
  return policy_names[static_cast<std::size_t>(policy)];
}

bool session_reusable(base::wall_time last_seen, base::wall_time now,
                      bool holds_reservations) noexcept {
  return !holds_reservations && now - last_seen >= session_silence_min;
}

bool has_any_capability(const std::optional<std::vector<std::string>>& has,
                        const std::vector<std::string>& wanted) {
  if (wanted.empty())
    return true;
  if (!has)
    return false;
  return std::any_of(wanted.begin(), wanted.end(), [&](const std::string& one) {
    return std::find(has->begin(), has->end(), one) != has->end();
  });
}

std::vector<std::string> parse_capabilities(std::string_view list) {
  std::vector<std::string> found;
  while (!list.empty()) { // Ends: every round takes one item off the list.
    const auto comma = std::min(list.find(','), list.size());
    if (const auto item = base::trimmed(list.substr(0, comma)); !item.empty())
      found.emplace_back(item);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return found;
}

} // namespace intermute::domain
