#include "config/keys.hpp"

#include <algorithm>
#include <set>

namespace intermute::config {
namespace {

/// The least number of insertions, deletions, replacements and swaps of neighbours that turn `a`
/// into `b`. O(|a| * |b|).
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i)
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        cost[i][j] = i + j;
        continue;
      }
      const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
    }
  return cost[a.size()][b.size()];
}

std::string_view last_part(std::string_view path) {
  return path.substr(path.rfind('.') + 1); // Without a dot: npos + 1 is 0.
}

std::set<std::string> sections() {
  std::set<std::string> found;
  for (const auto& one : keys())
    for (auto dot = one.path.find('.'); dot != std::string::npos; dot = one.path.find('.', dot + 1))
      found.insert(one.path.substr(0, dot));
  return found;
}

std::string cell(std::string_view text) {
  return " | " + (text.empty() ? std::string{"–"} : std::string{text});
}

std::string code(std::string_view text) { return '`' + std::string{text} + '`'; }

std::string variables(const key& of) {
  return code(env_name(of.path)) + (of.old_env.empty() ? "" : ", or " + code(of.old_env));
}

} // namespace

std::string env_name(std::string_view path) {
  std::string name = "INTERMUTE_";
  for (const char c : path)
    name += c == '.' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return name;
}

std::string closest_path(std::string_view path) {
  constexpr std::size_t length_max = 100; // Longer ones are no slip of the finger.
  constexpr std::size_t slips_max = 2;
  if (path.size() > length_max)
    return {};
  // The right key in the wrong section is the likeliest slip.
  for (const auto& one : keys())
    if (last_part(one.path) == last_part(path))
      return one.path;

  auto candidates = sections();
  for (const auto& one : keys())
    candidates.insert(one.path);
  std::string best;
  auto slips_best = std::min(slips_max, path.size() / 3) + 1;
  for (const auto& candidate : candidates)
    if (const auto slips = distance(path, candidate); slips < slips_best) {
      slips_best = slips;
      best = candidate;
    }
  return best;
}

std::string markdown_table() {
  std::string table = "| Key | Default | Bounds | Unit | Change | Environment | Meaning |\n"
                      "|---|---|---|---|---|---|---|\n";
  const settings defaults;
  for (const auto& one : keys()) {
    const auto initial = render(one.rule, one.read(defaults));
    table += "| " + code(one.path) + cell(code(initial)) + cell(bounds_text(one.rule))
             + cell(one.unit) + cell(one.when == change::live ? "live" : "restart")
             + cell(variables(one)) + cell(one.help) + " |\n";
  }
  return table;
}

} // namespace intermute::config
