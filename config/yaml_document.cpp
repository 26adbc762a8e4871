#include "config/yaml_document.hpp"

#include "config/keys.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <optional>
#include <set>
#include <sstream>

namespace intermute::config {
namespace {

std::string place(const std::string& name, const YAML::Mark& mark) {
  if (mark.is_null())
    return name;
  return name + ':' + std::to_string(mark.line + 1) + ':' + std::to_string(mark.column + 1);
}

/// Notes where the documents of a stream begin, and nothing else.
class document_starts final : public YAML::EventHandler {
public:
  std::vector<YAML::Mark> marks;

  void OnDocumentStart(const YAML::Mark& mark) override { marks.push_back(mark); }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Where the second document begins, if there is one. `YAML::LoadAll` would say so as well, but
/// in 0.7 it never ends on a stray comma, which counts as one empty document after the other.
std::optional<YAML::Mark> second_document(const std::string& text) {
  std::istringstream in{text};
  YAML::Parser parser{in};
  document_starts starts;
  while (starts.marks.size() < 2 && parser.HandleNextDocument(starts)) {
  } // Ends: each round finds a document or is the last one.
  if (starts.marks.size() < 2)
    return std::nullopt;
  return starts.marks[1];
}

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
    if (const auto second = second_document(whole))
      document.problems.push_back({place(name, *second), "a second document begins here"});
  } catch (const YAML::Exception& wrong) { // The library's only way to report bad syntax.
    document.problems.push_back({place(name, wrong.mark), "is not YAML: " + wrong.msg});
  }
  return document;
}

} // namespace intermute::config
