#include "config/keys.hpp"

#include "config/key_rows.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <span>

namespace intermute::config {
namespace {

using rows::row;

constexpr std::uint64_t second = 1'000;
constexpr std::uint64_t minute = 60 * second;
constexpr std::uint64_t hour = 60 * minute;
constexpr std::uint64_t kib = 1'024;
constexpr std::uint64_t mib = 1'024 * kib;
constexpr std::uint64_t gib = 1'024 * mib;

constexpr std::array<std::string_view, 2> boolean_names{"false", "true"};

constexpr auto live = change::live;
constexpr auto restart = change::restart;

value_rule integer(std::uint64_t min, std::uint64_t max) {
  return {value_kind::integer, min, max, {}};
}

value_rule size(std::uint64_t min, std::uint64_t max) { return {value_kind::size, min, max, {}}; }

value_rule duration(std::uint64_t min, std::uint64_t max) {
  return {value_kind::duration, min, max, {}};
}

value_rule choice(std::span<const std::string_view> words) {
  return {value_kind::choice, 0, words.size() - 1, words};
}

value_rule boolean() { return choice(boolean_names); }

std::vector<key> server_keys() {
  constexpr auto of = &settings::server;
  using s = server_config;
  return {
    row<of, &s::host>("server.host", {}, "", restart,
                      "IP address to listen on, or localhost; one that other machines can reach "
                      "needs a key in the keys file"),
    row<of, &s::port>("server.port", integer(0, 65'535), "", restart,
                      "TCP port; 0 picks a free one"),
    row<of, &s::socket>("server.socket", {}, "", restart,
                        "path of a Unix socket to listen on as well; empty for none"),
    row<of, &s::allowed_hosts>("server.allowed_hosts", {value_kind::names, 0, 64, {}}, "", restart,
                               "names that a request's Host may have beside the loopback names"),
    row<of, &s::io_threads>("server.io_threads", integer(1, 64), "threads", restart,
                            "threads that serve sockets, and actors under asio"),
    row<of, &s::scheduler>("server.scheduler", choice(scheduler_names), "", restart,
                           "who runs the actors: the io threads, or threads of CAF"),
    row<of, &s::request_timeout>("server.request_timeout", duration(10, 10 * minute), "time",
                                 restart, "from admission to answer; then 504"),
    row<of, &s::header_bytes_max>("server.header_bytes_max", size(kib, mib), "bytes", restart,
                                  "request line and headers together; beyond it 431"),
    row<of, &s::body_bytes_max>("server.body_bytes_max", size(kib, 64 * mib), "bytes", restart,
                                "body of one request; beyond it 413"),
    row<of, &s::header_timeout>("server.header_timeout", duration(10, 10 * minute), "time", restart,
                                "from the first byte of a request to its last header"),
    row<of, &s::body_rate_min>("server.body_rate_min", size(0, mib), "bytes per second", restart,
                               "slowest body that is waited for; 0 waits for any"),
    row<of, &s::idle_timeout>("server.idle_timeout", duration(10, 24 * hour), "time", restart,
                              "silence between two requests before the connection is closed"),
    row<of, &s::connections_max>("server.connections_max", integer(1, 1'000'000), "connections",
                                 restart, "open connections, WebSockets included"),
    row<of, &s::pipeline_max>("server.pipeline_max", integer(1, 1'024), "requests", restart,
                              "unanswered requests on one connection before it is not read"),
    row<of, &s::drain_timeout>("server.drain_timeout", duration(10, 10 * minute), "time", restart,
                               "longest wait for answers under way when the server is to end"),
  };
}

std::vector<key> auth_keys() {
  constexpr auto of = &settings::auth;
  using s = auth_config;
  auto keys_file = row<of, &s::keys_file>(
    "auth.keys_file", {}, "", restart, "file with the API keys; empty means ./intermute.keys.yaml");
  keys_file.old_env = "INTERMUTE_KEYS_FILE";
  return {
    std::move(keys_file),
    row<of, &s::require_agent_token>("auth.require_agent_token", boolean(), "", live,
                                     "whether a write without an agent's token is refused"),
  };
}

std::vector<key> admin_keys() {
  return {
    row<&settings::admin, &admin_config::allow_localhost>(
      "admin.allow_localhost", boolean(), "", live,
      "whether callers on loopback that name no agent are operators; only while the keys file has "
      "no operator's key"),
  };
}

std::vector<key> limits_keys() {
  constexpr auto of = &settings::limits;
  using s = limits_config;
  return {
    row<of, &s::broadcasts_per_minute>("limits.broadcasts_per_minute", integer(1, 100'000),
                                       "broadcasts", live,
                                       "of one sender in one project; beyond it 429"),
    row<of, &s::reservations_per_agent>("limits.reservations_per_agent", integer(1, 100'000),
                                        "reservations", live,
                                        "active ones of one agent in one project; beyond it 409"),
    row<of, &s::idempotency_keep>("limits.idempotency_keep", duration(minute, 720 * hour), "time",
                                  live, "how long an Idempotency-Key is known with its reply"),
    row<of, &s::rate_keys_max>("limits.rate_keys_max", integer(1, 10'000'000), "entries", live,
                               "senders that the rate limits count at a time"),
    row<of, &s::contacts_max>("limits.contacts_max", integer(1, 100'000), "contacts", live,
                              "contacts of one agent; beyond it 409"),
    row<of, &s::metadata_bytes_max>("limits.metadata_bytes_max", size(kib, 16 * mib), "bytes", live,
                                    "metadata of one agent, names and values together"),
  };
}

std::vector<key> storage_keys() {
  constexpr auto of = &settings::storage;
  using s = storage_config;
  return {
    row<of, &s::path>("storage.path", {}, "", restart,
                      "database file; empty means intermute/intermute.db under $XDG_DATA_HOME or "
                      "~/.local/share"),
    row<of, &s::synchronous>("storage.synchronous", choice(synchronous_names), "", restart,
                             "full syncs every commit; with normal a power cut may lose answered "
                             "writes"),
    row<of, &s::page_kib>("storage.page_kib", choice(page_size_names), "KiB", restart,
                          "pages of a new database file; one that is there keeps its own"),
    row<of, &s::cache_kib>("storage.cache_kib", integer(64, 4 * mib), "KiB", restart,
                           "page cache of each connection"),
    row<of, &s::checkpoint_pages>("storage.checkpoint_pages", integer(1, 1'000'000), "pages",
                                  restart, "length of the WAL that starts a checkpoint"),
    row<of, &s::readers>("storage.readers", integer(1, 64), "connections", restart,
                         "read-only connections, a thread each"),
    row<of, &s::reader_queue>("storage.reader_queue", integer(1, 65'536), "reads", restart,
                              "reads that may wait for a reader; beyond it 503"),
    row<of, &s::quick_check_ms>("storage.quick_check_ms", duration(0, minute), "time", restart,
                                "longest check of the file before the first request; 0 skips it"),
    row<of, &s::busy_timeout_ms>("storage.busy_timeout_ms", duration(0, minute), "time", restart,
                                 "longest wait for a lock that another process has on the file"),
  };
}

std::vector<key> writer_keys() {
  return {
    row<&settings::writer, &writer_config::batch_max>(
      "writer.batch_max", integer(1, 4'096), "changes", restart, "changes in one transaction"),
  };
}

template <std::size_t... Index>
std::vector<key> mailbox_keys(std::index_sequence<Index...>) {
  return {rows::mailbox_row<Index>(65'536)...};
}

std::vector<key> actors_keys() {
  constexpr auto of = &settings::actors;
  using s = actors_config;
  return {
    row<of, &s::idle_timeout>("actors.idle_timeout", duration(10, 24 * hour), "time", restart,
                              "silence after which a project or inbox leaves memory"),
    row<of, &s::inbox_resident_max>("actors.inbox_resident_max", integer(1, 10'000'000), "inboxes",
                                    restart, "inboxes in memory at a time"),
    row<of, &s::inbox_tail_max>("actors.inbox_tail_max", integer(1, 100'000), "entries", restart,
                                "newest entries that one inbox keeps in memory"),
    row<of, &s::tail_bytes_budget>("actors.tail_bytes_budget", size(4 * kib, 64 * gib), "bytes",
                                   restart, "memory for the entries of all inboxes together"),
    row<of, &s::restart_pause>("actors.restart_pause", duration(1, 10 * minute), "time", restart,
                               "pause before the first restart of an actor; doubles each time"),
    row<of, &s::restart_pause_max>("actors.restart_pause_max", duration(1, 10 * minute), "time",
                                   restart, "longest pause before a restart"),
    row<of, &s::restarts_max>("actors.restarts_max", integer(0, 1'000), "restarts", restart,
                              "restarts within the window before the supervisor gives up"),
    row<of, &s::restart_window>("actors.restart_window", duration(1, 24 * hour), "time", restart,
                                "time over which restarts are counted"),
    row<of, &s::max_throughput>("actors.max_throughput", integer(1, 10'000), "messages", restart,
                                "messages an actor handles before it lets others run"),
  };
}

std::vector<key> breaker_keys() {
  constexpr auto of = &settings::breaker;
  using s = breaker_config;
  return {
    row<of, &s::failures_max>("breaker.failures_max", integer(1, 1'000), "faults", restart,
                              "storage faults in a row before writes are refused with 503"),
    row<of, &s::open_time>("breaker.open_time", duration(1, hour), "time", restart,
                           "first pause before one write is tried again; doubles each time"),
    row<of, &s::open_time_max>("breaker.open_time_max", duration(1, hour), "time", restart,
                               "longest pause before one write is tried again"),
  };
}

std::vector<key> websocket_keys() {
  constexpr auto of = &settings::websocket;
  using s = websocket_config;
  return {
    row<of, &s::outbox_events_max>("websocket.outbox_events_max", integer(1, 1'000'000), "events",
                                   restart, "unsent events of one socket; beyond it close 1013"),
    row<of, &s::outbox_bytes_max>("websocket.outbox_bytes_max", size(kib, 256 * mib), "bytes",
                                  restart, "unsent bytes of one socket; beyond it close 1013"),
    row<of, &s::send_buffer_bytes>("websocket.send_buffer_bytes", size(4 * kib, 16 * mib), "bytes",
                                   restart, "SO_SNDBUF of one socket"),
    row<of, &s::idle_timeout>("websocket.idle_timeout", duration(10, 24 * hour), "time", restart,
                              "silence before a socket is closed; pinged after half of it"),
    row<of, &s::message_bytes_max>("websocket.message_bytes_max", size(kib, 16 * mib), "bytes",
                                   restart, "message from a client; beyond it close 1009"),
    row<of, &s::subscriptions_max>("websocket.subscriptions_max", integer(1, 1'000'000), "sockets",
                                   restart, "subscribed sockets of the whole server"),
  };
}

std::vector<key> log_keys() {
  constexpr auto of = &settings::log;
  return {
    row<of, &log_config::level>("log.level", choice(log_level_names), "", live,
                                "least severe line that is written"),
    row<of, &log_config::format>("log.format", choice(log_format_names), "", restart,
                                 "event key=value, or one JSON object a line"),
  };
}

} // namespace

const std::vector<key>& keys() {
  static const auto all = [] {
    std::vector<key> table;
    constexpr std::make_index_sequence<mailbox_classes.size()> each_class;
    for (auto part :
         {server_keys(), auth_keys(), admin_keys(), limits_keys(), storage_keys(), writer_keys(),
          mailbox_keys(each_class), actors_keys(), breaker_keys(), websocket_keys(), log_keys()})
      std::ranges::move(part, std::back_inserter(table));
    return table;
  }();
  return all;
}

const key* find_key(std::string_view path) {
  const auto found = std::ranges::find(keys(), path, &key::path);
  return found == keys().end() ? nullptr : &*found;
}

bool is_section(std::string_view path) {
  return std::ranges::any_of(keys(), [&](const key& one) {
    return one.path.starts_with(path) && one.path.substr(path.size()).starts_with('.');
  });
}

} // namespace intermute::config
