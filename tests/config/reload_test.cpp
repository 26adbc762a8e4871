#include "config/keys.hpp"
#include "config/reload.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace intermute::config;

TEST_CASE("equal settings do not differ", "[config]") {
  CHECK(differences(settings{}, settings{}).empty());
}

TEST_CASE("what differs is named with both values, in the order of the keys", "[config]") {
  settings before;
  settings after;
  after.log.level = log_level::debug;
  after.server.port = 80;
  after.server.allowed_hosts = {"a", "b"};
  after.limits.idempotency_keep = std::chrono::minutes{90};
  after.mailboxes.capacity(mailbox_class::inbox) = 7;
  std::vector<std::string> lines;
  for (const auto& one : differences(before, after))
    lines.push_back(one.key + " " + one.from + " -> " + one.to + (one.live ? " live" : ""));
  CHECK(lines
        == std::vector<std::string>{"server.port 7338 -> 80", "server.allowed_hosts [] -> [a, b]",
                                    "limits.idempotency_keep 24h -> 90m live",
                                    "mailboxes.inbox.capacity 1024 -> 7 live",
                                    "log.level info -> debug live"});
}

TEST_CASE("these keys and no others are live", "[config]") {
  std::set<std::string> live;
  for (const auto& one : keys())
    if (one.when == change::live)
      live.insert(one.path);
  CHECK(live
        == std::set<std::string>{
          "admin.allow_localhost", "auth.require_agent_token", "limits.broadcasts_per_minute",
          "limits.contacts_max", "limits.idempotency_keep", "limits.metadata_bytes_max",
          "limits.rate_keys_max", "limits.reservations_per_agent", "log.level",
          "mailboxes.directory.capacity", "mailboxes.inbox.capacity", "mailboxes.project.capacity",
          "mailboxes.push.capacity", "mailboxes.reservations.capacity",
          "mailboxes.writer.capacity"});
}
