#include "domain/glob.hpp"

#include "domain/glob_program.hpp"
#include "domain/glob_reader.hpp"
#include "domain/glob_utf8.hpp"

#include <algorithm>

namespace intermute::domain {

base::result<glob> glob::parse(std::string_view text) {
  auto program = compile_glob(text);
  if (!program)
    return program.why();
  return glob{std::move(*program)};
}

const std::string& glob::text() const noexcept { return program_->text; }

bool glob::overlaps(const glob& other) const { return programs_meet(*program_, *other.program_); }

bool glob::matches(std::string_view path) const {
  const auto names = names_of(path);
  return names && programs_meet(*program_, literal_program(*names));
}

std::uint64_t glob::cost(const glob& other) const noexcept {
  return meeting_cost(*program_, *other.program_);
}

std::vector<std::string> glob::literal_prefixes() const {
  const auto& program = *program_;
  std::vector<std::string> result;
  for (const auto& row : program.alternatives) {
    auto& prefix = result.emplace_back();
    const auto head_max = row.is_fixed() ? row.item_count : program.gaps_of(row).front();
    for (std::uint32_t i = 0; i < head_max && program.component(row, i).literal; ++i) {
      if (i > 0)
        prefix.push_back('/');
      for (const auto code : program.codes_of(program.component(row, i)))
        append_character(prefix, code);
    }
  }
  return result;
}

bool glob::has_glued_globstar() const noexcept { return program_->has_glued_globstar; }

base::result<std::vector<std::string_view>> names_of(std::string_view path) {
  for (std::size_t at = 0; at < path.size();) { // Ends: `at` grows, or it is not UTF-8.
    const auto start = at;
    if (path[start] == '\0')
      return invalid_at(start, "No path holds a NUL byte: leave it out.");
    if (!next_character(path, at))
      return invalid_at(start, "This is not UTF-8: send the path in UTF-8.");
  }
  std::vector<std::string_view> names;
  for (std::size_t from = 0; from < path.size();) { // Ends: each round goes behind a slash.
    const auto to = std::min(path.find('/', from), path.size());
    const auto name = path.substr(from, to - from);
    if (name == "..") {
      if (names.empty())
        return invalid_at(from, "`..` leaves the project: write the path from the project's root.");
      names.pop_back();
    } else if (!name.empty() && name != ".") {
      names.push_back(name);
    }
    from = to + 1;
  }
  if (names.empty())
    return invalid_at(0, "The path names no file: write it from the project's root.");
  return names;
}

base::result<std::string> normal_path(std::string_view path) {
  const auto names = names_of(path);
  if (!names)
    return names.why();
  std::string result;
  for (const auto name : *names) {
    if (!result.empty())
      result.push_back('/');
    result += name;
  }
  return result;
}

} // namespace intermute::domain
