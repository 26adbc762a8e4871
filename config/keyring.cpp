#include "config/keyring.hpp"

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "config/keys_file.hpp"
#include "config/loopback.hpp"

#include <algorithm>

namespace intermute::config {
namespace {

/// Enough to tell keys apart, too little to find one.
std::string fingerprint(std::string_view digest) {
  constexpr std::string_view hex = "0123456789abcdef";
  constexpr std::size_t bytes = 4;
  std::string text;
  for (const char c : digest.substr(0, bytes)) {
    const auto byte = static_cast<unsigned char>(c);
    text += {hex[byte >> 4U], hex[byte & 0xFU]};
  }
  return text;
}

/// A project's name as it can stand in a line of the log.
std::string named(const std::string& project) {
  const bool plain = std::ranges::all_of(project, [](char c) { return c > ' ' && c < '\x7f'; });
  return plain ? project : base::quoted(project);
}

std::string key_text(std::string_view digest, const keyring::grant& what) {
  if (what.is_operator)
    return "operator key " + fingerprint(digest);
  return "key " + fingerprint(digest) + " of project " + named(what.project);
}

std::string_view word(bool x) { return x ? "true" : "false"; }

} // namespace

const keyring::grant* keyring::find(std::string_view key) const {
  const auto found = grants_.find(base::sha256(key));
  return found == grants_.end() ? nullptr : &found->second;
}

const keyring::grant* keyring::add(std::string_view key, grant what) {
  const bool is_operator = what.is_operator;
  const auto [at, is_new] = grants_.try_emplace(base::sha256(key), what);
  if (!is_new)
    return at->second == what ? nullptr : &at->second;
  operators_ += is_operator ? 1 : 0;
  return nullptr;
}

std::vector<std::string> differences(const keyring& before, const keyring& after) {
  std::vector<std::string> lines;
  const auto only_in = [&](const keyring& one, const keyring& other, std::string_view verb) {
    for (const auto& [digest, what] : one.grants_)
      if (const auto same = other.grants_.find(digest);
          same == other.grants_.end() || same->second != what)
        lines.push_back(key_text(digest, what).append(1, ' ').append(verb));
  };
  only_in(before, after, "removed");
  only_in(after, before, "added");
  if (before.allow_localhost != after.allow_localhost)
    lines.push_back(std::string{"localhost allowed "}
                      .append(word(before.allow_localhost))
                      .append(" -> ")
                      .append(word(after.allow_localhost)));
  return lines;
}

base::result<void> check_exposure(const settings& with, const keyring& keys) {
  if (is_loopback(with.server.host) || keys.size() > 0)
    return {};
  return {base::errc::invalid_request,
          "Other machines can reach server.host " + with.server.host + ", but the keys file "
            + keys_file_path(with.auth).string()
            + " has no key, so nobody there could be let in. Make one with `intermute init "
              "--project NAME`, or listen on 127.0.0.1.",
          "server.host"};
}

} // namespace intermute::config
