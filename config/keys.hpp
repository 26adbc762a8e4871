#pragma once

#include "config/settings.hpp"
#include "config/value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace intermute::config {

/// When a new value takes effect.
enum class change : std::uint8_t {
  live,    ///< The part of the server that reads it can take a new value while it runs.
  restart, ///< Read once, at start.
};

/// One row of the table that drives YAML, environment, flags, validation and the manual.
struct key {
  std::string path; ///< "server.port".
  value_rule rule;
  std::string_view unit; ///< What the number counts; empty when there is none.
  change when;
  std::string_view help; ///< One sentence fragment without full stop.
  value (*read)(const settings& from);
  void (*write)(settings& to, const value& x); ///< `x` has passed `parse` with `rule`.
  std::string_view old_env = {}; ///< A second variable, as the Go intermute calls it; weaker.
};

/// Every key once, in the order of the structs. Safe from any thread.
[[nodiscard]] const std::vector<key>& keys();

/// The key of that path, or null. Linear in the number of keys.
[[nodiscard]] const key* find_key(std::string_view path);

/// True for a proper prefix of some key: "server", "mailboxes.project".
[[nodiscard]] bool is_section(std::string_view path);

/// The variable of a key path: "server.port" gives "INTERMUTE_SERVER_PORT".
[[nodiscard]] std::string env_name(std::string_view path);

/// The key or section that a mistyped path most likely means; empty when none is close.
[[nodiscard]] std::string closest_path(std::string_view path);

/// The table of `docs/config.md`: one row per key, ends in a newline.
[[nodiscard]] std::string markdown_table();

} // namespace intermute::config
