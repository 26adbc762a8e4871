#include "config/keys_yaml.hpp"

#include "base/text.hpp"
#include "config/yaml_shape.hpp"

#include <yaml-cpp/yaml.h>

#include <set>
#include <utility>

namespace intermute::config {
namespace {

base::error unusable(const std::string& where, const std::string& what) {
  return {base::errc::invalid_request, "Keys file " + where + ": " + what + '.', "auth.keys_file"};
}

std::string owner_text(const keyring::grant& of) {
  return of.is_operator ? "the operators" : "project " + base::quoted(of.project);
}

/// Takes what it knows out of one document, up to the first mistake. A list is looked at once, and
/// there are no aliases, so that it takes no longer than the file is long.
class keys_reader {
public:
  explicit keys_reader(std::string name) : name_(std::move(name)) {}

  base::result<keys_document> read(const YAML::Node& root) {
    each_member(root, "the file", [this](const std::string& name, const YAML::Node& node) {
      if (name == "default_policy")
        read_policy(node);
      else if (name == "projects")
        read_projects(node);
      else if (name == "operators")
        read_operators(node);
    });
    if (wrong_)
      return std::move(*wrong_);
    return std::move(found_);
  }

private:
  /// Calls `take` for each member of a map; nothing is an empty map.
  template <class Take>
  void each_member(const YAML::Node& node, const std::string& what, const Take& take) {
    if (node.IsNull() || wrong_)
      return;
    if (!node.IsMap())
      return reject(node, what + " must be a map");
    std::set<std::string> seen;
    for (const auto& member : node) {
      if (!member.first.IsScalar())
        return reject(member.first, "a name must be a word");
      const auto name = std::string{base::trimmed(member.first.Scalar())};
      if (!seen.insert(name).second)
        return reject(member.first, base::quoted(name) + " is given twice; put both together");
      take(name, member.second);
      if (wrong_)
        return;
    }
  }

  void read_policy(const YAML::Node& node) {
    each_member(node, "default_policy", [this](const std::string& name, const YAML::Node& value) {
      if (name != "allow_localhost_without_auth" || value.IsNull())
        return;
      bool allowed = true;
      if (!value.IsScalar() || !YAML::convert<bool>::decode(value, allowed))
        return reject(value, name + " must be true or false");
      found_.allow_localhost = allowed;
      found_.keys.allow_localhost = allowed;
    });
  }

  void read_projects(const YAML::Node& node) {
    each_member(node, "projects", [this](const std::string& project, const YAML::Node& value) {
      if (project.empty())
        return reject(value, "a project has a blank name; give it one");
      const auto what = "project " + base::quoted(project);
      auto& keys = found_.projects[project];
      each_member(value, what, [&](const std::string& name, const YAML::Node& list) {
        if (name == "keys")
          read_list(list, "keys of " + what, {project, false}, keys);
      });
    });
  }

  void read_operators(const YAML::Node& node) {
    const keyring::grant everything{{}, true};
    if (!node.IsMap())
      return read_list(node, "operators", everything, found_.operators);
    each_member(node, "operators", [&](const std::string& name, const YAML::Node& list) {
      if (name == "keys")
        read_list(list, "keys of the operators", everything, found_.operators);
    });
  }

  void read_list(const YAML::Node& node, const std::string& what, const keyring::grant& opens,
                 std::vector<std::string>& to) {
    if (node.IsNull())
      return;
    if (!node.IsSequence())
      return reject(node, what + " must be a list");
    for (const auto& item : node) {
      if (item.IsNull())
        continue;
      if (!item.IsScalar())
        return reject(item, what + " must be plain values");
      const auto key = std::string{base::trimmed(item.Scalar())};
      if (key.empty())
        continue;
      const bool is_new = found_.keys.find(key) == nullptr;
      if (const auto* const taken = found_.keys.add(key, opens))
        return reject(item, "a key of " + owner_text(opens) + " is one of " + owner_text(*taken)
                              + " already; a key opens one of them, so remove it from the other");
      if (is_new)
        to.push_back(key);
    }
  }

  /// Keeps the first mistake: later ones may follow from it.
  void reject(const YAML::Node& node, const std::string& what) {
    if (!wrong_)
      wrong_ = unusable(place(name_, node.Mark()), what);
  }

  std::string name_;
  keys_document found_;
  std::optional<base::error> wrong_;
};

/// One value in YAML, quoted where it would be read as something else.
std::string scalar(const std::string& text) {
  YAML::Emitter to;
  to << text;
  return to.c_str();
}

std::string list_text(const std::vector<std::string>& keys, const std::string& indent) {
  std::string text;
  for (const auto& key : keys)
    text += indent + "- " + scalar(key) + '\n';
  return text;
}

} // namespace

base::result<keys_document> parse_keys(const std::string& text, const std::string& name) {
  try {
    const auto shape = shape_of(text);
    if (shape.second_document)
      return unusable(place(name, *shape.second_document),
                      "a second document begins here; put all into one");
    if (shape.alias)
      return unusable(place(name, *shape.alias), "aliases (*name) are not read; write it out");
    return keys_reader{name}.read(YAML::Load(text));
  } catch (const YAML::Exception& wrong) { // The library's only way to report bad syntax.
    return unusable(place(name, wrong.mark), "is not YAML: " + wrong.msg);
  }
}

std::string render_keys(const keys_document& from) {
  std::string text;
  if (from.allow_localhost)
    text += std::string{"default_policy:\n    allow_localhost_without_auth: "}
            + (*from.allow_localhost ? "true\n" : "false\n");
  if (!from.projects.empty())
    text += "projects:\n";
  for (const auto& [project, keys] : from.projects)
    text += "    " + scalar(project) + ":\n        keys:\n" + list_text(keys, std::string(12, ' '));
  if (!from.operators.empty())
    text += "operators:\n" + list_text(from.operators, std::string(4, ' '));
  return text;
}

} // namespace intermute::config
