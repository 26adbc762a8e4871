#include "config/load.hpp"

#include "base/text.hpp"
#include "config/file_text.hpp"
#include "config/layers.hpp"
#include "config/yaml_document.hpp"

namespace intermute::config {
namespace {

using raw_value = std::variant<std::string, std::vector<std::string>>;

void apply(layers& all, const key& to, const raw_value& raw, const origin& from) {
  const auto parsed = std::visit([&](const auto& x) { return parse(to.rule, x); }, raw);
  if (!parsed.wrong.empty()) {
    all.problems.push_back({from.where, to.path + ": " + parsed.wrong});
    all.broken.insert(to.path);
    return;
  }
  to.write(all.values, parsed.is);
  all.origins.insert_or_assign(to.path, from);
}

/// Environment and flags have no lists of their own; they are cut at commas.
raw_value raw_of(const key& to, const std::string& text) {
  if (to.rule.kind == value_kind::names)
    return split_names(text);
  return text;
}

void apply_file(layers& all, const std::filesystem::path& path) {
  const auto name = path.string();
  const auto file = read_file(path);
  if (!file.wrong.empty()) {
    all.problems.push_back({name, file.wrong});
    return;
  }
  auto document = read_yaml(file.text, name);
  for (auto& wrong : document.problems)
    all.problems.push_back(std::move(wrong));
  for (const auto& entry : document.entries) {
    const auto line = name + ':' + std::to_string(entry.line);
    apply(all, *find_key(entry.path), entry.raw,
          {"file " + line, line + ':' + std::to_string(entry.column)});
  }
}

/// The first section whose variables would start like `name`; empty when none does.
std::string section_of(std::string_view name) {
  for (const auto& one : keys()) {
    const auto section = one.path.substr(0, one.path.find('.'));
    if (name.starts_with(env_name(section) + '_'))
      return section;
  }
  return {};
}

/// "INTERMUTE_SERVER_PROT" gives "server.prot": good enough to look for what was meant.
std::string path_of(std::string_view name, const std::string& section) {
  std::string path = section + '.';
  for (const char c : name.substr(env_name(section).size() + 1))
    path += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return path;
}

/// An empty variable is an unset one.
void apply_variable(layers& all, const key& to, const std::string& name, const std::string& text) {
  const auto label = "env " + name;
  if (!text.empty())
    apply(all, to, raw_of(to, text), {label, label});
}

/// Clients have variables of the same prefix (INTERMUTE_URL, INTERMUTE_AGENT), so only those
/// that start like a section are taken for slips.
void apply_environment(layers& all, const environment& env) {
  std::set<std::string_view> known;
  for (const auto& to : keys()) {
    if (const auto old = env.find(to.old_env); old != env.end()) {
      known.insert(old->first);
      // The Go intermute cuts the blanks around its variables; blanks alone are nothing.
      apply_variable(all, to, old->first, std::string{base::trimmed(old->second)});
    }
    if (const auto found = env.find(env_name(to.path)); found != env.end()) {
      known.insert(found->first);
      apply_variable(all, to, found->first, found->second);
    }
  }
  for (const auto& [name, text] : env) {
    const auto section = section_of(name);
    if (section.empty() || known.contains(name))
      continue;
    const auto meant = closest_path(path_of(name, section));
    const bool is_key = find_key(meant) != nullptr;
    all.problems.push_back(
      {"env " + name,
       "unknown variable" + (is_key ? "; did you mean " + env_name(meant) + "?" : "")});
  }
}

void apply_flag(layers& all, const flag_override& flag) {
  const auto label = "flag " + flag.flag;
  const auto* const to = find_key(flag.key);
  if (to != nullptr) {
    apply(all, *to, raw_of(*to, flag.value), {label, label});
    return;
  }
  const auto meant = closest_path(flag.key);
  all.problems.push_back({label, is_section(flag.key)
                                   ? flag.key + " is a section, not a key"
                                   : "unknown key " + flag.key
                                       + (meant.empty() ? "" : "; did you mean " + meant + "?")});
}

} // namespace

load_result load(const load_request& request) {
  layers all;
  if (request.file)
    apply_file(all, *request.file);
  apply_environment(all, request.env);
  for (const auto& flag : request.flags)
    apply_flag(all, flag);
  check_rules(all);

  load_result result{all.values, {}, std::move(all.problems)};
  for (const auto& one : keys())
    result.sources.push_back(
      {one.path, render(one.rule, one.read(all.values)), all.origin_of(one.path).source});
  return result;
}

} // namespace intermute::config
