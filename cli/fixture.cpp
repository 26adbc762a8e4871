#include "cli/fixture.hpp"

#include "base/text.hpp"
#include "config/file_text.hpp"
#include "config/yaml_shape.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <variant>

namespace intermute::cli {
namespace {

namespace fs = std::filesystem;
using strings = std::vector<std::string>;
using members = std::vector<std::pair<std::string, std::string>>;

base::error wrong_fixture(const std::string& where, const std::string& what) {
  return {base::errc::invalid_request, where + ": " + what + '.', {}};
}

/// Where one value of a world goes.
using place_for
  = std::variant<std::string*, strings*, members*, bool*, std::optional<std::uint64_t>*>;

/// A member that a map may have.
struct field {
  std::string_view name;
  place_for to;
  bool needed = false;
};

/// Fills a world from its YAML up to the first mistake, which it keeps.
class fixture_reader {
public:
  explicit fixture_reader(std::string name) : name_(std::move(name)) {}

  base::result<fixture> read(const YAML::Node& root) {
    each_member(root, "the file", [this](const std::string& name, const YAML::Node& node) {
      if (name == "about")
        fill(node, name, &found_.about);
      else if (name == "project")
        fill(node, name, &found_.project);
      else if (name == "agents")
        each_member(node, name, [this](const std::string& alias, const YAML::Node& one) {
          read_agent(alias, one);
        });
      else if (name == "reservations" || name == "messages" || name == "broadcasts")
        later_.emplace_back(name, node); // They name agents, which may stand below.
      else
        reject(node, "unknown member " + base::quoted(name));
    });
    for (const auto& [name, node] : later_)
      each_item(node, name, [&](const YAML::Node& one) { read_item(name, one); });
    check_contacts();
    if (found_.project.empty() || found_.agents.empty())
      reject(root, "a world has a project and agents");
    if (wrong_)
      return std::move(*wrong_);
    return std::move(found_);
  }

private:
  template <class Take>
  void each_member(const YAML::Node& node, const std::string& what, const Take& take) {
    if (wrong_)
      return;
    if (!node.IsMap())
      return reject(node, what + " must be a map");
    std::set<std::string> seen;
    for (const auto& member : node) {
      if (!member.first.IsScalar() || member.first.Scalar().empty())
        return reject(member.first, "a name must be a word");
      const auto& name = member.first.Scalar();
      if (!seen.insert(name).second)
        return reject(member.first, base::quoted(name) + " is given twice");
      take(name, member.second);
      if (wrong_)
        return;
    }
  }

  template <class Take>
  void each_item(const YAML::Node& node, const std::string& what, const Take& take) {
    if (wrong_)
      return;
    if (!node.IsSequence())
      return reject(node, what + " must be a list");
    for (const auto& item : node)
      if (!wrong_)
        take(item);
  }

  void fill(const YAML::Node& node, const std::string& what, const place_for& to) {
    std::visit([&](auto* into) { take(node, what, *into); }, to);
  }

  void take(const YAML::Node& node, const std::string& what, std::string& to) {
    if (!node.IsScalar())
      return reject(node, what + " must be a text");
    to = node.Scalar();
  }

  void take(const YAML::Node& node, const std::string& what, bool& to) {
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, to))
      reject(node, what + " must be true or false");
  }

  void take(const YAML::Node& node, const std::string& what, std::optional<std::uint64_t>& to) {
    std::uint64_t number = 0;
    if (!node.IsScalar() || !YAML::convert<std::uint64_t>::decode(node, number))
      return reject(node, what + " must be a whole number");
    to = number;
  }

  void take(const YAML::Node& node, const std::string& what, strings& to) {
    each_item(node, what, [&](const YAML::Node& item) { take(item, what, to.emplace_back()); });
  }

  void take(const YAML::Node& node, const std::string& what, members& to) {
    each_member(node, what, [&](const std::string& name, const YAML::Node& value) {
      take(value, name, to.emplace_back(name, std::string{}).second);
    });
  }

  /// Reads a map whose members are known.
  void read_fields(const YAML::Node& node, const std::string& what,
                   const std::vector<field>& fields) {
    std::set<std::string_view> seen;
    each_member(node, what, [&](const std::string& name, const YAML::Node& value) {
      const auto known = std::ranges::find(fields, name, &field::name);
      if (known == fields.end())
        return reject(value, "unknown member " + base::quoted(name) + " of " + what);
      seen.insert(known->name);
      fill(value, name, known->to);
    });
    for (const auto& one : fields)
      if (one.needed && !seen.contains(one.name))
        reject(node, what + " needs the member " + base::quoted(one.name));
  }

  void read_agent(const std::string& alias, const YAML::Node& node) {
    auto& one = found_.agents.emplace_back();
    one.alias = alias;
    one.name = alias;
    if (node.IsNull())
      return;
    read_fields(node, "agent " + base::quoted(alias),
                {{"name", &one.name},
                 {"status", &one.status},
                 {"capabilities", &one.capabilities},
                 {"metadata", &one.metadata},
                 {"policy", &one.policy},
                 {"live_contact_policy", &one.live_policy},
                 {"contacts", &one.contacts}});
    contacts_.emplace_back(node, one.contacts);
  }

  void read_item(const std::string& list, const YAML::Node& node) {
    if (list == "reservations")
      return read_reservation(node);
    if (list == "messages")
      return read_message(node);
    read_broadcast(node);
  }

  void read_reservation(const YAML::Node& node) {
    auto& one = found_.reservations.emplace_back();
    read_fields(node, "a reservation",
                {{"agent", &one.agent, true},
                 {"pattern", &one.pattern, true},
                 {"reason", &one.reason},
                 {"exclusive", &one.exclusive},
                 {"ttl_minutes", &one.ttl_minutes}});
    check_aliases(node, {one.agent});
  }

  void read_message(const YAML::Node& node) {
    auto& one = found_.messages.emplace_back();
    read_fields(node, "a message",
                {{"id", &one.id, true},
                 {"from", &one.from, true},
                 {"to", &one.to, true},
                 {"cc", &one.cc},
                 {"bcc", &one.bcc},
                 {"thread", &one.thread},
                 {"topic", &one.topic},
                 {"subject", &one.subject},
                 {"body", &one.body},
                 {"importance", &one.importance},
                 {"ack_required", &one.ack_required}});
    for (const auto& names : {strings{one.from}, one.to, one.cc, one.bcc})
      check_aliases(node, names);
    if (!ids_.insert(one.id).second)
      reject(node, "the message id " + base::quoted(one.id) + " is given twice");
  }

  void read_broadcast(const YAML::Node& node) {
    auto& one = found_.broadcasts.emplace_back();
    read_fields(node, "a broadcast",
                {{"from", &one.from, true},
                 {"topic", &one.topic, true},
                 {"subject", &one.subject},
                 {"body", &one.body, true}});
    check_aliases(node, {one.from});
  }

  void check_contacts() {
    for (const auto& [node, names] : contacts_)
      check_aliases(node, names);
  }

  void check_aliases(const YAML::Node& node, const strings& aliases) {
    for (const auto& alias : aliases)
      if (found_.find(alias) == nullptr)
        reject(node, base::quoted(alias) + " is none of the agents");
  }

  /// Keeps the first mistake: later ones may follow from it.
  void reject(const YAML::Node& node, const std::string& what) {
    if (!wrong_)
      wrong_ = wrong_fixture(config::place(name_, node.Mark()), what);
  }

  std::string name_;
  fixture found_;
  std::vector<std::pair<std::string, YAML::Node>> later_;
  std::vector<std::pair<YAML::Node, strings>> contacts_;
  std::set<std::string> ids_;
  std::optional<base::error> wrong_;
};

} // namespace

const fixture::agent* fixture::find(const std::string& alias) const {
  const auto found = std::ranges::find(agents, alias, &agent::alias);
  return found == agents.end() ? nullptr : &*found;
}

base::result<fixture> read_fixture(const fs::path& file) {
  const auto name = file.string();
  const auto read = config::read_file(file);
  if (!read.wrong.empty())
    return wrong_fixture(name, read.wrong);
  try {
    const auto shape = config::shape_of(read.text);
    if (const auto& odd = shape.alias ? shape.alias : shape.second_document)
      return wrong_fixture(config::place(name, *odd), "a world is one document without aliases");
    auto world = fixture_reader{name}.read(YAML::Load(read.text));
    if (world)
      world->world = file.stem().string();
    return world;
  } catch (const YAML::Exception& wrong) { // The library's only way to report bad syntax.
    return wrong_fixture(config::place(name, wrong.mark), "is not YAML: " + wrong.msg);
  }
}

strings worlds_in(const fs::path& folder) {
  strings names;
  std::error_code wrong;
  fs::directory_iterator at{folder, wrong};
  for (const fs::directory_iterator end; !wrong && at != end; at.increment(wrong))
    if (at->path().extension() == ".yaml")
      names.push_back(at->path().stem().string());
  std::ranges::sort(names);
  return names;
}

std::optional<fs::path> own_fixtures() {
  constexpr int levels_max = 4; // build/<preset>/bin and one to spare.
  std::error_code wrong;
  auto folder = fs::read_symlink("/proc/self/exe", wrong).parent_path();
  if (wrong)
    return std::nullopt;
  const auto installed = folder.parent_path() / "share" / "intermute" / "fixtures";
  if (fs::is_directory(installed, wrong))
    return installed;
  for (int level = 0; level < levels_max; ++level) {
    folder = folder.parent_path();
    if (auto built = folder / "examples" / "fixtures"; fs::is_directory(built, wrong))
      return built;
  }
  return std::nullopt;
}

} // namespace intermute::cli
