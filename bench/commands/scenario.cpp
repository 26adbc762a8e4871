#include "bench/commands/scenario.hpp"

#include "bench/commands/run_options.hpp"

#include <yaml-cpp/yaml.h>

#include <map>
#include <stdexcept>

namespace intermute::bench {

namespace {

using texts = std::map<std::string, std::string>;

texts read_map(const YAML::Node& node, const std::string& where) {
  if (!node.IsMap())
    throw std::runtime_error(where + " must be a map of options");
  texts found;
  for (const auto& pair : node) {
    if (!pair.first.IsScalar() || !pair.second.IsScalar())
      throw std::runtime_error(where + ": each option needs one plain value");
    if (!found.emplace(pair.first.Scalar(), pair.second.Scalar()).second)
      throw std::runtime_error(where + " names " + pair.first.Scalar() + " twice");
  }
  return found;
}

/// Reads one run as if it stood on a command line, so that both know the same options.
options read_run(const texts& values, const std::vector<std::string>& more,
                 const std::string& where) {
  const auto work = values.find("workload");
  if (work == values.end())
    throw std::runtime_error(where + " has no workload");
  CLI::App app;
  run_options bound{app, work->second};
  std::vector<std::string> arguments{more.rbegin(), more.rend()}; // CLI11 takes them reversed.
  for (const auto& [name, value] : values)
    if (name != "workload" && !(value == "false" && name != "name"))
      arguments.push_back(value == "true" ? "--" + name : "--" + name + "=" + value);
  for (auto* option : app.get_options())
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  try {
    app.parse(std::move(arguments));
    return bound.finish();
  } catch (const CLI::ParseError& failure) {
    throw std::runtime_error(where + ": " + failure.what());
  }
}

} // namespace

std::vector<options> read_scenario(const std::string& path, const std::vector<std::string>& more) {
  YAML::Node file;
  try {
    file = YAML::LoadFile(path);
  } catch (const YAML::Exception& failure) {
    throw std::runtime_error(path + ": " + failure.what());
  }
  if (!file.IsMap() || !file["runs"] || !file["runs"].IsSequence() || file["runs"].size() == 0)
    throw std::runtime_error(path + ": `runs` must be a list with at least one run");
  for (const auto& pair : file)
    if (const auto name = pair.first.as<std::string>(); name != "runs" && name != "defaults")
      throw std::runtime_error(path + ": `" + name + "` is neither `defaults` nor `runs`");
  texts defaults;
  if (file["defaults"])
    defaults = read_map(file["defaults"], path + ": defaults");
  std::vector<options> runs;
  for (const auto& node : file["runs"]) {
    const std::string where = path + ": run " + std::to_string(runs.size() + 1);
    texts values = read_map(node, where);
    values.insert(defaults.begin(), defaults.end());
    runs.push_back(read_run(values, more, where));
  }
  return runs;
}

} // namespace intermute::bench
