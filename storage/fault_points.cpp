#include "storage/fault_points.hpp"

#if defined(INTERMUTE_FAULTS) && INTERMUTE_FAULTS

#include <array>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace intermute::storage::faults {
namespace {

constexpr std::array<std::string_view, point_count> point_names{
  "writer.write", "writer.sync", "writer.commit", "writer.commit_after"};

constexpr std::array<std::pair<std::string_view, kind>, 4> kind_names{{
  {"BUSY", kind::busy},
  {"FULL", kind::full},
  {"IOERR", kind::io_error},
  {"CORRUPT", kind::corrupt},
}};

struct rule {
  point where{};
  kind what = kind::none;
  std::chrono::milliseconds delay{0};
  std::uint64_t first = 1;
  std::uint64_t times = 1;
};

struct plan_state {
  std::atomic<bool> armed = false;
  std::mutex mutex;
  std::vector<rule> rules;
  std::array<std::uint64_t, point_count> counts{};
};

plan_state& state() {
  static plan_state only;
  return only;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || problem != std::errc{} || at != end)
    return std::nullopt;
  return value;
}

/// The text before and after the first `mark`; all of it and nothing without one.
std::pair<std::string_view, std::optional<std::string_view>> cut(std::string_view text, char mark) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos)
    return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

bool parse_point(std::string_view text, rule& into) {
  for (std::size_t i = 0; i < point_names.size(); ++i)
    if (point_names[i] == text) {
      into.where = static_cast<point>(i);
      return true;
    }
  return false;
}

bool parse_what(std::string_view text, rule& into) {
  for (const auto& [name, value] : kind_names)
    if (name == text) {
      into.what = value;
      return true;
    }
  constexpr std::string_view prefix = "delay:";
  constexpr std::string_view unit = "ms";
  if (!text.starts_with(prefix) || !text.ends_with(unit))
    return false;
  text.remove_prefix(prefix.size());
  text.remove_suffix(unit.size());
  const auto length = number(text);
  if (!length || *length > 60'000)
    return false;
  into.delay = std::chrono::milliseconds{*length};
  return true;
}

bool parse_range(std::string_view text, rule& into) {
  const auto [first, times] = cut(text, 'x');
  const auto from = number(first);
  const auto count = times ? number(*times) : std::optional<std::uint64_t>{1};
  if (!from || !count || *from == 0)
    return false;
  into.first = *from;
  into.times = *count;
  return true;
}

std::optional<rule> parse_rule(std::string_view text) {
  rule parsed;
  const auto [where, rest] = cut(text, '=');
  if (!rest || !parse_point(where, parsed))
    return std::nullopt;
  const auto [what, range] = cut(*rest, '@');
  if (!parse_what(what, parsed) || (range && !parse_range(*range, parsed)))
    return std::nullopt;
  return parsed;
}

} // namespace

kind hit(point where) {
  auto& now = state();
  if (!now.armed.load(std::memory_order_acquire))
    return kind::none;
  auto answer = kind::none;
  std::chrono::milliseconds delay{0};
  {
    const std::lock_guard guard{now.mutex};
    const auto count = ++now.counts[static_cast<std::size_t>(where)];
    for (const auto& one : now.rules) {
      if (one.where != where || count < one.first || count - one.first >= one.times)
        continue;
      delay += one.delay;
      if (answer == kind::none)
        answer = one.what;
    }
  }
  if (delay.count() > 0)
    std::this_thread::sleep_for(delay);
  return answer;
}

base::result<void> set_plan(std::string_view plan) {
  std::vector<rule> rules;
  for (std::optional<std::string_view> rest = plan; rest && !rest->empty();) { // Ends: it shrinks.
    const auto [text, next] = cut(*rest, ';');
    const auto parsed = parse_rule(text);
    if (!parsed)
      return {base::errc::invalid_request, "The fault plan has a rule that cannot be read: '"
                                             + std::string{text}
                                             + "'. Write it like writer.commit=IOERR@5x3."};
    rules.push_back(*parsed);
    rest = next;
  }
  auto& now = state();
  const std::lock_guard guard{now.mutex};
  now.rules = std::move(rules);
  now.counts = {};
  now.armed.store(!now.rules.empty(), std::memory_order_release);
  return {};
}

base::result<void> load_environment() {
  static std::once_flag once;
  base::result<void> loaded;
  std::call_once(once, [&] {
    if (const auto* plan = std::getenv("INTERMUTE_FAULT_PLAN"); plan != nullptr)
      loaded = set_plan(plan);
  });
  return loaded;
}

std::uint64_t hits(point where) {
  auto& now = state();
  const std::lock_guard guard{now.mutex};
  return now.counts[static_cast<std::size_t>(where)];
}

} // namespace intermute::storage::faults

#endif
