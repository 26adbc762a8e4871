#include "tests/counts/ceilings.hpp"

#include <catch2/catch.hpp>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <optional>
#include <sstream>

namespace intermute::tests::counts {
namespace {

constexpr std::string_view head =
  R"(# What one request may cost the server at most, in the release build. README.md says what is
# counted; `test_counts '[write-ceilings]'` writes this file anew from what is measured.
)";

std::optional<std::uint64_t> ceiling_of(const ceilings& allowed, std::string_view operation,
                                        std::string_view count) {
  const auto row = allowed.find(operation);
  if (row == allowed.end())
    return std::nullopt;
  const auto found = row->second.find(count);
  return found == row->second.end() ? std::nullopt : std::optional{found->second};
}

/// How a cost is shown: bytes are averages, so they may have a fraction.
std::string shown(double value) { return std::to_string(std::llround(value)); }

std::string verdict(const std::string& what, double measured, std::uint64_t most) {
  const auto ceiling = std::to_string(most);
  if (measured > static_cast<double>(most))
    return what + " rose to " + shown(measured) + ", its ceiling is " + ceiling;
  if (2 * measured < static_cast<double>(most))
    return what + " is " + shown(measured) + ", its ceiling of " + ceiling
           + " is more than twice that and guards nothing";
  return {};
}

/// What of `allowed` was not measured.
void add_unknown(std::vector<std::string>& to, const std::vector<finding>& found,
                 const ceilings& allowed) {
  for (const auto& [operation, row] : allowed) {
    if (std::ranges::find(found, operation, &finding::operation) == found.end())
      to.push_back(operation + " has ceilings, but there is no such operation");
    for (const auto& [count, most] : row)
      if (std::ranges::find(cost_names, count) == cost_names.end())
        to.push_back(operation + ": " + count + " has a ceiling, but is not counted");
  }
}

} // namespace

std::uint64_t ceiling_for(std::string_view count, double measured) {
  double more = 0;
  if (count.ends_with("_bytes") || count == "file_calls" || count == "c_allocations")
    more = measured / 10;
  else if (count == "allocations")
    more = measured / 200;
  return static_cast<std::uint64_t>(measured + more);
}

ceilings read_ceilings(const std::string& path) try {
  ceilings read;
  for (const auto& operation : YAML::LoadFile(path))
    for (const auto& count : operation.second)
      read[operation.first.as<std::string>()][count.first.as<std::string>()]
        = count.second.as<std::uint64_t>();
  return read;
} catch (const YAML::Exception& why) {
  FAIL(path << ": " << why.what());
  return {};
}

std::string ceilings_text(const std::vector<finding>& found) {
  std::string text{head};
  for (const auto& one : found) {
    text += '\n' + one.operation + ":\n";
    for (std::size_t i = 0; i < cost_names.size(); ++i)
      text.append("  ")
        .append(cost_names[i])
        .append(": ")
        .append(std::to_string(ceiling_for(cost_names[i], one.costs[i])) + '\n');
  }
  return text;
}

std::string table(const std::vector<finding>& found, const ceilings& allowed) {
  std::ostringstream text;
  const auto line
    = [&](const auto& operation, const auto& count, const auto& measured, const auto& most) {
        text << std::left << std::setw(17) << operation << std::setw(17) << count << std::right
             << std::setw(10) << measured << std::setw(10) << most << '\n';
      };
  line("operation", "count", "measured", "ceiling");
  for (const auto& one : found)
    for (std::size_t i = 0; i < cost_names.size(); ++i) {
      const auto most = ceiling_of(allowed, one.operation, cost_names[i]);
      line(one.operation, cost_names[i], shown(one.costs[i]), most ? std::to_string(*most) : "-");
    }
  return text.str();
}

std::vector<std::string> complaints(const std::vector<finding>& found, const ceilings& allowed) {
  std::vector<std::string> all;
  for (const auto& one : found)
    for (std::size_t i = 0; i < cost_names.size(); ++i) {
      const auto what = one.operation + ": " + std::string{cost_names[i]};
      const auto most = ceiling_of(allowed, one.operation, cost_names[i]);
      auto said = most ? verdict(what, one.costs[i], *most) : what + " has no ceiling";
      if (!said.empty())
        all.push_back(std::move(said));
    }
  add_unknown(all, found, allowed);
  return all;
}

std::string_view how_to_write() {
  return "If it is meant to be so: build/release/tests/test_counts '[write-ceilings]' writes "
         "tests/counts/ceilings.yaml anew; the commit says why.";
}

} // namespace intermute::tests::counts
