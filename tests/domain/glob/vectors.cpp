#include "tests/domain/glob/vectors.hpp"

#include <rapidjson/document.h>

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace intermute::test {
namespace {

const char* const file_path = INTERMUTE_SOURCE_DIR "/tests/data/glob-vectors.json";

/// With its length: some patterns hold NUL.
std::string text(const rapidjson::Value& of, const char* member) {
  const auto& value = of[member];
  return {value.GetString(), value.GetStringLength()};
}

} // namespace

glob_vectors read_glob_vectors() {
  std::ifstream file{file_path, std::ios::binary};
  std::ostringstream content;
  content << file.rdbuf();
  rapidjson::Document read;
  read.Parse(content.str());
  if (read.HasParseError() || !read.IsObject())
    throw std::runtime_error{std::string{"cannot read "} + file_path};
  glob_vectors result;
  for (const auto& one : read["overlap"].GetArray())
    result.overlaps.push_back({text(one, "a"), text(one, "b"), one["overlap"].GetBool()});
  for (const auto& one : read["match"].GetArray())
    result.matches.push_back({text(one, "pattern"), text(one, "path"), one["match"].GetBool()});
  for (const auto& one : read["invalid"].GetArray())
    result.invalid.push_back(text(one, "pattern"));
  return result;
}

std::string escaped_path(const std::string& path) {
  constexpr std::string_view special = "\\*?[{,}";
  std::string result;
  for (const char c : path) {
    if (special.find(c) != special.npos)
      result.push_back('\\');
    result.push_back(c);
  }
  return result;
}

} // namespace intermute::test
