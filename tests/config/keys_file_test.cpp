#include "config/keys_file.hpp"
#include "temp_file.hpp"

#include <catch2/catch.hpp>
#include <sys/stat.h>

#include <set>
#include <sstream>
#include <thread>

using namespace intermute;
using namespace intermute::config;
using test::temp_file;
namespace fs = std::filesystem;

namespace {

base::result<keyring> read_text(std::string_view yaml) {
  const temp_file file{yaml};
  return read_keys(file.path());
}

std::string content(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

unsigned mode_of(const fs::path& path) {
  struct stat file {};
  REQUIRE(::stat(path.c_str(), &file) == 0);
  return file.st_mode & 0777U;
}

/// The files beside `path`, to see that nothing is left behind.
std::size_t files_beside(const fs::path& path) {
  const fs::directory_iterator all{path.parent_path()};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

/// A path in a directory of its own at which there is nothing.
struct no_file : temp_file {
  no_file() : temp_file{""} { fs::remove(path()); }
};

bool is_key(const std::string& text) {
  return text.size() == 43
         && text.find_first_not_of(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
              == std::string::npos;
}

/// Counts up from 0.
class counting final : public base::entropy {
public:
  void fill(std::uint8_t* into, std::size_t length) override {
    for (std::size_t i = 0; i < length; ++i)
      into[i] = next_++;
  }

private:
  std::uint8_t next_ = 0;
};

constexpr const char* whole_file = R"(# keys of a team
default_policy:
    allow_localhost_without_auth: false
    unknown: 1
projects:
    web:
        keys:
            - key-of-web
            - "  padded  "
            - ""
            -
            - key-of-web
        note: ignored
    1:
        keys: [12345]
    empty:
        keys:
    nothing:
operators:
    - root-key
other: {a: [b]}
)";

struct bad_case {
  std::string yaml;
  std::string problem; ///< Behind the file's name.
};

} // namespace

TEST_CASE("a keys file is read", "[config][keys]") {
  const auto keys = read_text(whole_file);
  REQUIRE(keys);
  CHECK_FALSE(keys->allow_localhost);
  CHECK(keys->size() == 4);
  CHECK(keys->has_operators());
  using grant = keyring::grant;
  const std::map<std::string, grant> expected{{"key-of-web", {"web", false}},
                                              {"padded", {"web", false}},
                                              {"12345", {"1", false}},
                                              {"root-key", {"", true}}};
  for (const auto& [key, what] : expected) {
    CAPTURE(key);
    REQUIRE(keys->find(key) != nullptr);
    CHECK(*keys->find(key) == what);
  }
  CHECK(keys->find("") == nullptr);
  CHECK(keys->find("note") == nullptr);
}

TEST_CASE("operators may be a list or a map with keys", "[config][keys]") {
  const auto* const yaml = GENERATE("operators: [a, b]\n", "operators: {keys: [a, b], more: 1}\n",
                                    "operators:\n  keys:\n    - a\n    - b\n");
  const auto keys = read_text(yaml);
  REQUIRE(keys);
  CHECK(keys->size() == 2);
  CHECK(keys->find("a")->is_operator);
}

TEST_CASE("localhost is allowed unless the file says no", "[config][keys]") {
  const auto allowed = [](std::string_view yaml) {
    const auto keys = read_text(yaml);
    REQUIRE(keys);
    return keys->allow_localhost;
  };
  CHECK(allowed(""));
  CHECK(allowed("# nothing\n"));
  CHECK(allowed("default_policy:\n"));
  CHECK(allowed("default_policy: {allow_localhost_without_auth: }\n"));
  CHECK(allowed("default_policy: {allow_localhost_without_auth: true}\n"));
  CHECK_FALSE(allowed("default_policy: {allow_localhost_without_auth: false}\n"));
  CHECK_FALSE(allowed("default_policy: {allow_localhost_without_auth: no}\n"));
}

TEST_CASE("a keys file that says something wrong is refused with its line", "[config][keys]") {
  const auto one = GENERATE(values<bad_case>({
    {"[]\n", ":1:1: the file must be a map."},
    {"projects: [a]\n", ":1:11: projects must be a map."},
    {"projects:\n  a: k\n", ":2:6: project \"a\" must be a map."},
    {"projects:\n  a: {keys: k}\n", ":2:13: keys of project \"a\" must be a list."},
    {"projects:\n  a: {keys: [[k]]}\n", ":2:14: keys of project \"a\" must be plain values."},
    {"projects:\n  \" \": {keys: [k]}\n", ":2:8: a project has a blank name; give it one."},
    {"projects:\n  a: {keys: [k]}\n  a: {keys: [l]}\n",
     ":3:3: \"a\" is given twice; put both together."},
    {"projects: {}\nprojects: {}\n", ":2:1: \"projects\" is given twice; put both together."},
    {"operators: k\n", ":1:12: operators must be a list."},
    {"operators: {keys: k}\n", ":1:19: keys of the operators must be a list."},
    {"default_policy: {allow_localhost_without_auth: maybe}\n",
     ":1:48: allow_localhost_without_auth must be true or false."},
    {"? [a]\n: 1\n", ":1:3: a name must be a word."},
    {"projects: &p {}\nother: *p\n", ":2:8: aliases (*name) are not read; write it out."},
    {"projects: {}\n---\nprojects: {}\n", ":2:1: a second document begins here; put all into one."},
    {"projects: [\n", ":2:1: is not YAML: end of sequence flow not found."},
    {"projects:\n  a: {keys: [secret]}\n  b: {keys: [\" secret \"]}\n",
     ":3:14: a key of project \"b\" is one of project \"a\" already; a key opens one of them, so "
     "remove it from the other."},
    {"operators: [secret]\nprojects:\n  b: {keys: [secret]}\n",
     ":3:14: a key of project \"b\" is one of the operators already; a key opens one of them, so "
     "remove it from the other."},
    {"projects:\n  b: {keys: [secret]}\noperators: [secret]\n",
     ":3:13: a key of the operators is one of project \"b\" already; a key opens one of them, so "
     "remove it from the other."},
  }));
  CAPTURE(one.yaml);
  const temp_file file{one.yaml};
  const auto keys = read_keys(file.path());
  REQUIRE_FALSE(keys);
  CHECK(keys.why().code == base::errc::invalid_request);
  CHECK(keys.why().detail == "Keys file " + file.name() + one.problem);
  CHECK(keys.why().detail.find("secret") == std::string::npos);
}

TEST_CASE("a hostile keys file ends quickly", "[config][keys]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    const auto last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int j = 0; j < 9; ++j)
      bomb += ", " + last;
    bomb += "]\n";
  }
  CHECK_FALSE(read_text(bomb));
  CHECK_FALSE(read_text(std::string(500'000, '[')));
  CHECK_FALSE(read_text(std::string(500'000, '{')));
  CHECK_FALSE(read_text(std::string(1'048'577, '#')));
}

TEST_CASE("a keys file that is not there is an error to read", "[config][keys]") {
  const no_file file;
  const auto keys = read_keys(file.path());
  REQUIRE_FALSE(keys);
  CHECK(keys.why().detail
        == "Keys file " + file.name()
             + ": cannot be read: No such file or directory; make it with `intermute init "
               "--project NAME`.");
  CHECK_FALSE(fs::exists(file.path()));
}

TEST_CASE("the keys file is where the settings say", "[config][keys]") {
  CHECK(keys_file_path({}) == "./intermute.keys.yaml");
  CHECK(keys_file_path({"/etc/keys", false}) == "/etc/keys");
}

TEST_CASE("a missing keys file is made with a key for dev", "[config][keys]") {
  const no_file file;
  const auto made = load_or_make_keys(file.path());
  REQUIRE(made);
  CHECK(made->path == file.path());
  CHECK(made->made_project == "dev");
  CHECK(is_key(made->made_key));
  CHECK(made->warnings.empty());
  CHECK(made->keys.allow_localhost);
  CHECK(made->keys.size() == 1);
  REQUIRE(made->keys.find(made->made_key) != nullptr);
  CHECK(made->keys.find(made->made_key)->project == "dev");
  CHECK(mode_of(file.path()) == 0600);
  CHECK(files_beside(file.path()) == 1);
  CHECK(content(file.path())
        == "default_policy:\n    allow_localhost_without_auth: true\nprojects:\n    dev:\n"
           "        keys:\n            - "
             + made->made_key + "\n");

  const auto again = load_or_make_keys(file.path());
  REQUIRE(again);
  CHECK_FALSE(again->made_project);
  CHECK(again->made_key.empty());
  CHECK(differences(made->keys, again->keys).empty());
}

TEST_CASE("keys are made of the randomness that is given", "[config][keys]") {
  const no_file file;
  counting from_zero;
  const auto made = load_or_make_keys(file.path(), from_zero);
  REQUIRE(made);
  CHECK(made->made_key == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
}

TEST_CASE("an empty keys file is valid and stays as it is", "[config][keys]") {
  const temp_file file{""};
  const auto found = load_or_make_keys(file.path());
  REQUIRE(found);
  CHECK_FALSE(found->made_project);
  CHECK(found->keys.size() == 0);
  CHECK(content(file.path()).empty());
}

TEST_CASE("a keys file that cannot be made is an error", "[config][keys]") {
  const auto made = load_or_make_keys("/nowhere/at/all/keys.yaml");
  REQUIRE_FALSE(made);
  CHECK(made.why().detail
        == "Keys file /nowhere/at/all/keys.yaml: cannot be made: No such file or directory; name "
           "a place that can be written with INTERMUTE_KEYS_FILE.");
  const no_file file;
  fs::create_symlink(file.path().parent_path() / "gone", file.path());
  CHECK_FALSE(load_or_make_keys(file.path()));
  CHECK(fs::is_symlink(file.path()));
}

TEST_CASE("a broken keys file is not made anew", "[config][keys]") {
  const temp_file file{"projects: 1\n"};
  CHECK_FALSE(load_or_make_keys(file.path()));
  CHECK(content(file.path()) == "projects: 1\n");
}

TEST_CASE("servers that start at once make one keys file", "[config][keys]") {
  const no_file file;
  std::vector<base::result<keys_file>> found(8, keys_file{});
  std::vector<std::jthread> servers;
  for (auto& one : found)
    servers.emplace_back([&] { one = load_or_make_keys(file.path()); });
  servers.clear();
  std::size_t made = 0;
  for (const auto& one : found) {
    REQUIRE(one);
    made += one->made_project ? 1 : 0;
    CHECK(differences(found[0]->keys, one->keys).empty());
  }
  CHECK(made == 1);
  CHECK(files_beside(file.path()) == 1);
}

TEST_CASE("a key is added to what is there", "[config][keys]") {
  const temp_file file{whole_file};
  fs::permissions(file.path(), fs::perms{0644});
  const auto before = read_keys(file.path());
  REQUIRE(before);
  const auto key = add_key(file.path(), {" web ", false});
  REQUIRE(key);
  CHECK(is_key(*key));
  const auto after = read_keys(file.path());
  REQUIRE(after);
  CHECK(after->size() == before->size() + 1);
  REQUIRE(after->find(*key) != nullptr);
  CHECK(after->find(*key)->project == "web");
  CHECK(differences(*before, *after).size() == 1);
  CHECK(mode_of(file.path()) == 0600);
  CHECK(files_beside(file.path()) == 1);
  CHECK(content(file.path())
        == "default_policy:\n    allow_localhost_without_auth: false\nprojects:\n    1:\n"
           "        keys:\n            - 12345\n    empty:\n        keys:\n"
           "    nothing:\n        keys:\n    web:\n        keys:\n"
           "            - key-of-web\n            - padded\n            - "
             + *key + "\noperators:\n    - root-key\n");
}

TEST_CASE("a keys file is made for the first key", "[config][keys]") {
  const no_file file;
  const auto key = add_key(file.path(), {"", true});
  REQUIRE(key);
  const auto keys = read_keys(file.path());
  REQUIRE(keys);
  CHECK(keys->allow_localhost);
  CHECK(keys->size() == 1);
  CHECK(keys->find(*key)->is_operator);
  CHECK(mode_of(file.path()) == 0600);
  CHECK(
    content(file.path()).starts_with("default_policy:\n    allow_localhost_without_auth: true"));
}

TEST_CASE("names that look like something else survive being written", "[config][keys]") {
  const auto* const project
    = GENERATE("null", "~", "true", "a: b", "- x", "#x", "*x", "\"q\"", "it's", "größe", "a\nb");
  CAPTURE(project);
  const no_file file;
  REQUIRE(add_key(file.path(), {project, false}));
  const auto second = add_key(file.path(), {project, false});
  REQUIRE(second);
  const auto keys = read_keys(file.path());
  REQUIRE(keys);
  CHECK(keys->size() == 2);
  CHECK(keys->find(*second)->project == project);
}

TEST_CASE("a key without a project, or to a broken file, is not added", "[config][keys]") {
  const no_file missing;
  const auto blank = add_key(missing.path(), {" \t", false});
  REQUIRE_FALSE(blank);
  CHECK(blank.why().detail == "project required");
  CHECK_FALSE(fs::exists(missing.path()));
  const temp_file broken{"projects: 1\n"};
  CHECK_FALSE(add_key(broken.path(), {"a", false}));
  CHECK(content(broken.path()) == "projects: 1\n");
  CHECK_FALSE(add_key("/nowhere/at/all/keys.yaml", {"a", false}));
}

TEST_CASE("a link to a keys file stays a link", "[config][keys]") {
  const temp_file target{""};
  const no_file link;
  fs::create_symlink(target.path(), link.path());
  REQUIRE(add_key(link.path(), {"a", false}));
  CHECK(fs::is_symlink(link.path()));
  CHECK(content(target.path()).find("a:") != std::string::npos);
}

TEST_CASE("keys that are added at once are all there", "[config][keys]") {
  const no_file file;
  std::vector<std::string> keys(16);
  {
    std::vector<std::jthread> writers;
    for (auto& one : keys)
      writers.emplace_back([&] {
        if (const auto made = add_key(file.path(), {"a", false}))
          one = *made;
      });
  }
  const auto read = read_keys(file.path());
  REQUIRE(read);
  CHECK(read->size() == keys.size());
  for (const auto& one : keys)
    CHECK(read->find(one) != nullptr);
  CHECK(files_beside(file.path()) == 1);
}

TEST_CASE("a keys file that everybody can read is warned of", "[config][keys]") {
  const temp_file file{""};
  const auto warnings = [&](unsigned mode) {
    fs::permissions(file.path(), static_cast<fs::perms>(mode));
    const auto found = load_or_make_keys(file.path());
    REQUIRE(found);
    return found->warnings;
  };
  CHECK(warnings(0600).empty());
  CHECK(warnings(0640).empty());
  CHECK(warnings(0644)
        == std::vector<std::string>{"Every user of this machine can read the keys file "
                                    + file.name() + "; run: chmod 600 " + file.name()});
  REQUIRE(warnings(0666).size() == 1);
  CHECK(warnings(0666)[0].starts_with("Every user of this machine can change the keys file"));
}
