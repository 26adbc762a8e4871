#pragma once

#include <string>
#include <vector>

namespace intermute::test {

struct overlap_vector {
  std::string a;
  std::string b;
  bool overlap = false;
};

struct match_vector {
  std::string pattern;
  std::string path;
  bool match = false;
};

struct glob_vectors {
  std::vector<overlap_vector> overlaps;
  std::vector<match_vector> matches;
  std::vector<std::string> invalid;
};

/// The cases in tests/data/glob-vectors.json; throws if it is not there or has another form.
glob_vectors read_glob_vectors();

/// The pattern that matches `path` alone; `path` is in normal form.
std::string escaped_path(const std::string& path);

} // namespace intermute::test
