#include "bench/commands/commands.hpp"

#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <stdexcept>
#include <vector>

namespace intermute::bench {

namespace {

/// The values of one figure over the rounds of a file, by "<run> <request> <outcome> <figure>".
using figures = std::map<std::string, std::vector<double>>;

struct spread {
  double median = 0;
  double min = 0;
  double max = 0;

  /// How far the rounds lie apart, as a share of the median.
  [[nodiscard]] double width() const { return median > 0 ? (max - min) / median : 0; }
};

spread spread_of(std::vector<double> values) {
  std::ranges::sort(values);
  const auto middle = values.size() / 2;
  const double median
    = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

/// Returns the member of an object; null when there is none, or it is no object.
const rapidjson::Value* member(const rapidjson::Value& of, const char* name) {
  if (!of.IsObject())
    return nullptr;
  const auto found = of.FindMember(name);
  return found == of.MemberEnd() ? nullptr : &found->value;
}

void take(figures& into, const std::string& name, const rapidjson::Value* value) {
  if (value != nullptr && value->IsNumber())
    into[name].push_back(value->GetDouble());
}

void read_run(const rapidjson::Value& run, figures& into) {
  const auto* const name = member(run, "name");
  const auto* const series = member(run, "series");
  if (name == nullptr || !name->IsString() || series == nullptr || !series->IsArray())
    throw std::runtime_error("a run without name or series");
  const std::string title = name->GetString();
  for (const auto& one : series->GetArray()) {
    const auto* const what = member(one, "operation");
    const auto* const how = member(one, "outcome");
    if (what == nullptr || !what->IsString() || how == nullptr || !how->IsString())
      throw std::runtime_error("a series without operation or outcome");
    const auto row = title + " " + what->GetString() + " " + how->GetString() + " ";
    take(into, row + "rate", member(one, "rate"));
    if (const auto* const latency = member(one, "latency_us"); latency && latency->IsObject())
      for (const char* quantile : {"p50", "p99"})
        take(into, row + quantile + "_us", member(*latency, quantile));
  }
  if (const auto* const pushes = member(run, "pushes"); pushes && pushes->IsObject())
    take(into, title + " pushes rate", member(*pushes, "rate"));
  if (const auto* const server = member(run, "server"); server && server->IsObject())
    take(into, title + " server cpu_us_per_request", member(*server, "cpu_us_per_request"));
}

void read_table(const rapidjson::Value& table, figures& into) {
  const auto* const rows = member(table, "rows");
  if (rows == nullptr || !rows->IsArray())
    throw std::runtime_error("a table without rows");
  for (const auto& row : rows->GetArray()) {
    const auto* const name = member(row, "name");
    if (name != nullptr && name->IsString())
      take(into, name->GetString(), member(row, "median"));
  }
}

/// @throws std::runtime_error  When the file is not one that this program wrote.
figures read_figures(const std::string& path) {
  std::ifstream file{path};
  if (!file)
    throw std::runtime_error(path + " cannot be read");
  rapidjson::IStreamWrapper stream{file};
  rapidjson::Document document;
  document.ParseStream(stream);
  const auto* const runs
    = document.HasParseError() || !document.IsObject() ? nullptr : member(document, "runs");
  if (runs == nullptr || !runs->IsArray())
    throw std::runtime_error(path + " is no result of intermute-bench");
  figures found;
  try {
    for (const auto& run : runs->GetArray())
      read_run(run, found);
    if (const auto* const tables = member(document, "tables"); tables && tables->IsArray())
      for (const auto& table : tables->GetArray())
        read_table(table, found);
  } catch (const std::runtime_error& failure) {
    throw std::runtime_error(path + ": " + failure.what());
  }
  return found;
}

void print_row(const std::string& name, const spread& a, const spread& b) {
  const double ratio = a.median > 0 ? b.median / a.median : 0;
  const double noise = std::max(a.width(), b.width());
  const bool is_clear = ratio > 1 + noise || ratio < 1 - noise;
  std::printf("%-44s %12.1f %12.1f %8.3f %8.1f%% %s\n", name.c_str(), a.median, b.median, ratio,
              noise * 100, is_clear ? "" : " within the spread");
}

int compare(const std::string& first, const std::string& second) {
  const auto a = read_figures(first);
  const auto b = read_figures(second);
  std::printf("%-44s %12s %12s %8s %9s\n", "median of the rounds", "A", "B", "B/A", "spread");
  std::size_t shared = 0;
  for (const auto& [name, values] : a) {
    const auto other = b.find(name);
    if (other == b.end()) {
      std::printf("%-44s only in A\n", name.c_str());
      continue;
    }
    ++shared;
    print_row(name, spread_of(values), spread_of(other->second));
  }
  for (const auto& [name, values] : b)
    if (!a.contains(name))
      std::printf("%-44s only in B\n", name.c_str());
  return shared > 0 ? 0 : 1;
}

} // namespace

void add_compare_command(CLI::App& app, int& status) {
  auto* const command = app.add_subcommand(
    "compare", "Two result files: ratios B/A of the medians and how far the rounds lie apart");
  const auto paths = std::make_shared<std::pair<std::string, std::string>>();
  command->add_option("A", paths->first, "Result file")->required()->default_str("");
  command->add_option("B", paths->second, "Result file")->required()->default_str("");
  command->callback([paths, &status] { status = compare(paths->first, paths->second); });
}

} // namespace intermute::bench
