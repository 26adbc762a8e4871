#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace intermute::cli {

/// A small world as `examples/fixtures/README.md` describes it. Agents are named by their aliases.
struct fixture {
  struct agent {
    std::string alias;
    std::string name; ///< The alias where the file gives none.
    std::string status;
    std::vector<std::string> capabilities;
    std::vector<std::pair<std::string, std::string>> metadata;
    std::string policy;      ///< Empty to leave it as it is.
    std::string live_policy; ///< Empty to leave it as it is.
    std::vector<std::string> contacts;
  };
  struct reservation {
    std::string agent;
    std::string pattern;
    std::string reason;
    bool exclusive = false;
    std::optional<std::uint64_t> ttl_minutes;
  };
  struct message {
    std::string id; ///< Unique in the world.
    std::string from;
    std::vector<std::string> to;
    std::vector<std::string> cc;
    std::vector<std::string> bcc;
    std::string thread;
    std::string topic;
    std::string subject;
    std::string body;
    std::string importance;
    bool ack_required = false;
  };
  struct broadcast {
    std::string from;
    std::string topic;
    std::string subject;
    std::string body;
  };

  std::string world; ///< The file's name without ".yaml".
  std::string about;
  std::string project;
  std::vector<agent> agents;
  std::vector<reservation> reservations;
  std::vector<message> messages;
  std::vector<broadcast> broadcasts;

  /// The agent of an alias, or null.
  [[nodiscard]] const agent* find(const std::string& alias) const;
};

/// Reads a world. Fails with `invalid_request` and a sentence that names file and line: syntax,
/// unknown members, aliases that no agent has, what is missing or given twice.
[[nodiscard]] base::result<fixture> read_fixture(const std::filesystem::path& file);

/// The names of the worlds in a folder, sorted; none if there is no such folder.
[[nodiscard]] std::vector<std::string> worlds_in(const std::filesystem::path& folder);

/// The folder with the worlds that come with the program: share/intermute/fixtures beside the
/// folder of the program, or examples/fixtures above it, where it was built. Nothing without one.
[[nodiscard]] std::optional<std::filesystem::path> own_fixtures();

} // namespace intermute::cli
