#include "config/yaml_document.hpp"

#include "config/keys.hpp"
#include "config/yaml_shape.hpp"

#include <yaml-cpp/yaml.h>

#include <set>

namespace intermute::config {
namespace {

/// Collects what one file says; the recursion is as deep as the deepest known section.
class reader {
public:
  reader(const std::string& name, yaml_document& to) : name_(name), to_(to) {}

  void section(const YAML::Node& node, const std::string& path) {
    if (node.IsNull())
      return; // "server:" with nothing below it.
    if (!node.IsMap())
      return reject(node, path.empty() ? "the file must be a map of sections"
                                       : path + " takes a map of keys");
    for (const auto& member : node)
      this->member(member.first, member.second, path);
  }

private:
  void member(const YAML::Node& name, const YAML::Node& node, const std::string& section_path) {
    if (!name.IsScalar())
      return reject(name, "a key must be a word");
    const auto path = section_path.empty() ? name.Scalar() : section_path + '.' + name.Scalar();
    const auto* const known = find_key(path);
    if (known == nullptr && !is_section(path))
      return reject(name, unknown(path));
    if (!seen_.insert(path).second)
      return reject(name, path + " is given twice");
    if (known == nullptr)
      return section(node, path);
    entry(node, path);
  }

  void entry(const YAML::Node& node, const std::string& path) {
    if (node.IsNull())
      return reject(node, path + " has no value");
    if (node.IsMap())
      return reject(node, path + " takes a value, not a map");
    yaml_entry found{path, node.IsScalar() ? node.Scalar() : std::string{}, node.Mark().line + 1,
                     node.Mark().column + 1};
    if (node.IsSequence()) {
      std::vector<std::string> names;
      for (const auto& item : node) {
        if (!item.IsScalar())
          return reject(item, path + " takes a list of plain values");
        names.push_back(item.Scalar());
      }
      found.raw = std::move(names);
    }
    to_.entries.push_back(std::move(found));
  }

  static std::string unknown(const std::string& path) {
    const auto meant = closest_path(path);
    return "unknown key " + path + (meant.empty() ? "" : "; did you mean " + meant + "?");
  }

  void reject(const YAML::Node& node, std::string what) {
    to_.problems.push_back({place(name_, node.Mark()), std::move(what)});
  }

  const std::string& name_;
  yaml_document& to_;
  std::set<std::string> seen_;
};

} // namespace

yaml_document read_yaml(std::string_view text, const std::string& name) {
  yaml_document document;
  try {
    const std::string whole{text};
    reader{name, document}.section(YAML::Load(whole), {});
    if (const auto second = shape_of(whole).second_document)
      document.problems.push_back({place(name, *second), "a second document begins here"});
  } catch (const YAML::Exception& wrong) { // The library's only way to report bad syntax.
    document.problems.push_back({place(name, wrong.mark), "is not YAML: " + wrong.msg});
  }
  return document;
}

} // namespace intermute::config
