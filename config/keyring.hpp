#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"

#include <compare>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace intermute::config {

/// The keys of a keys file. Filled once, then only read, from any thread. A key itself is not
/// kept, only its SHA-256, so that neither time nor a core file tells it.
class keyring {
public:
  /// What one key opens.
  struct grant {
    std::string project;      ///< Empty for an operator's key.
    bool is_operator = false; ///< Opens everything.

    [[nodiscard]] friend bool operator==(const grant&, const grant&) = default;
  };

  /// What `key` opens; null for an unknown one. The cost does not depend on how much of a key was
  /// guessed.
  [[nodiscard]] const grant* find(std::string_view key) const;

  /// Takes a key. A key that is there already with the same grant is fine.
  /// @param key  Not empty.
  /// @returns Null, or what the key opens already, when that is something else; nothing is changed
  ///          then.
  const grant* add(std::string_view key, grant what);

  /// Whether callers of this machine need no key.
  bool allow_localhost = true;

  [[nodiscard]] bool has_operators() const noexcept { return operators_ > 0; }
  /// The number of keys, those of operators included.
  [[nodiscard]] std::size_t size() const noexcept { return grants_.size(); }

  friend std::vector<std::string> differences(const keyring& before, const keyring& after);

private:
  std::map<std::string, grant, std::less<>> grants_; ///< By SHA-256 of the key.
  std::size_t operators_ = 0;
};

/// One line per difference, for the log: "key 1a2b3c4d of project x added", "operator key 1a2b3c4d
/// removed", "localhost allowed true -> false". A key is named by the first 8 hex digits of its
/// SHA-256. What was removed comes first.
[[nodiscard]] std::vector<std::string> differences(const keyring& before, const keyring& after);

/// Refuses to be open to other machines while nobody there could be let in: `server.host` is no
/// loopback address and the keyring has no key at all. Fails with `invalid_request`.
[[nodiscard]] base::result<void> check_exposure(const settings& with, const keyring& keys);

} // namespace intermute::config
